#!/usr/bin/env python3
"""Runs `make run`'s node at a terminal of 100 columns and puts what it shows into the README: console.py BINARY."""

import fcntl
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios

LAST_LINE = "serving until Ctrl-C"
ROWS, COLUMNS = 50, 100
README = pathlib.Path(__file__).resolve().parent.parent / "README.md"


def shown(binary: str, folder: str) -> str:
    """The text of the terminal, from the first line to the one that ends the first run."""
    sample = pathlib.Path("flts-data/sample")
    subprocess.run([binary, "sample-data", sample], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    command = [binary, "run", "--data", str(sample / "sample.csv"), "--test", str(sample / "sample_test.csv")]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", NO_COLOR="1")
        os.execv(binary, command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    text = ""
    try:
        while LAST_LINE not in text:
            text += os.read(terminal, 65536).decode(errors="replace")
    finally:
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
    return text


def lasting(text: str) -> str:
    """The lines that stay: without escape sequences and without progress bars that were drawn over."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n")
    lines = [line.split("\r")[-1].rstrip() for line in plain.split("\n")]
    lines = [line for line in lines if line and " to go" not in line]
    return "\n".join(lines[: next(at for at, line in enumerate(lines) if LAST_LINE in line) + 1])


def main() -> None:
    binary = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        console = lasting(shown(binary, folder))
    readme = README.read_text()
    block = f"<!-- console: start -->\n```text\n{console}\n```\n<!-- console: end -->"
    README.write_text(re.sub(r"<!-- console: start -->.*<!-- console: end -->", lambda _: block, readme, flags=re.S))


if __name__ == "__main__":
    main()
