"""Prints the CycloneDX 1.5 bill of materials of the image: the crates of the binary, and the libraries beside it.

usage: sbom.py METADATA LIBRARIES EPOCH
METADATA is the output of `cargo metadata`; LIBRARIES a folder. Same input, same output.
"""

import hashlib
import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path


def linked_crates(metadata):
    """The packages that flts links, itself included: build scripts, macros' build time and tests are not in the image."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = next(id for id, package in packages.items() if package["name"] == "flts")
    seen, waiting = set(), [root]
    while waiting:
        id = waiting.pop()
        if id in seen:
            continue
        seen.add(id)
        for dependency in nodes[id]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return sorted((packages[id] for id in seen), key=lambda package: (package["name"], package["version"]))


def crate(package):
    component = {
        "type": "library",
        "bom-ref": f"pkg:cargo/{package['name']}@{package['version']}",
        "name": package["name"],
        "version": package["version"],
        "purl": f"pkg:cargo/{package['name']}@{package['version']}",
    }
    if package.get("license"):
        component["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    return component


# what scripts/libtorch.sh takes out of wheels of the Python registry
WHEELS = {
    "libtorch_cpu.so": ("torch", "2.11.0"),
    "libc10.so": ("torch", "2.11.0"),
    "libgomp.so.1": ("torch", "2.11.0"),
    "libcudart.so.13": ("nvidia-cuda-runtime", "13.0.96"),
    "libcupti.so.13": ("nvidia-cuda-cupti", "13.0.85"),
}


def debian_package(name):
    """Package and version of a library of Debian, or nothing where dpkg does not know it."""
    try:
        owner = subprocess.run(["dpkg", "-S", f"*/{name}"], capture_output=True, text=True).stdout.splitlines()
        package = owner[0].split(":")[0]
        version = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True).stdout
        return {"version": version, "purl": f"pkg:deb/debian/{package}@{version}"} if version else {}
    except (OSError, IndexError):
        return {}


def library(path):
    component = {
        "type": "library",
        "bom-ref": f"file:{path.name}",
        "name": path.name,
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
    }
    if path.name in WHEELS:
        name, version = WHEELS[path.name]
        return component | {"version": version, "purl": f"pkg:pypi/{name}@{version}"}
    return component | debian_package(path.name)


def main(metadata_file, libraries, epoch):
    metadata = json.loads(Path(metadata_file).read_text())
    crates = linked_crates(metadata)
    flts = next(package for package in crates if package["name"] == "flts")
    files = sorted(path for path in Path(libraries).iterdir() if path.is_file() and ".so" in path.name)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(int(epoch), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": crate(flts) | {"type": "application"},
        },
        "components": [crate(package) for package in crates if package is not flts] + [library(path) for path in files],
    }
    json.dump(bill, sys.stdout, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
