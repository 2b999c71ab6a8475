"""Lays the workspace without its code: manifests, lock file, build scripts, and an empty program in place of each target.

usage: skeleton.py TO    in the root of the workspace
What depends on it changes with the manifests only, so that an image builder compiles dependencies once.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path


def main(to):
    answer = subprocess.run(["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"], check=True, capture_output=True, text=True)
    here = Path.cwd()
    copies, empty = {here / "Cargo.lock"}, {}
    for package in json.loads(answer.stdout)["packages"]:
        copies.add(Path(package["manifest_path"]))
        for target in package["targets"]:
            path = Path(target["src_path"])
            if target["kind"] == ["custom-build"]:
                copies.add(path)
            else:
                is_library = bool({"lib", "rlib", "proc-macro", "cdylib", "staticlib", "dylib"} & set(target["kind"]))
                empty[path] = "" if is_library else "fn main() {}\n"
    for path, text in [(path, None) for path in copies] + list(empty.items()):
        place = Path(to) / path.relative_to(here)
        place.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            shutil.copyfile(path, place)
        else:
            place.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1])
