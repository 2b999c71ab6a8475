"""The table of values in chart/README.md, made from the comments of values.yaml (`# -- text`, as helm-docs has them).

usage: values_table.py    writes the README anew
"""

import json
import re
from pathlib import Path

import yaml

CHART = Path(__file__).resolve().parent.parent.parent / "chart"
START, END = "<!-- values: start -->", "<!-- values: end -->"


def described(text):
    """Path and text of every value that has a comment `# -- text`."""
    rows, path, comment = [], [], None
    for line in text.splitlines():
        if found := re.match(r"\s*# -- (.*)", line):
            comment = found.group(1)
        elif found := re.match(r"( *)([A-Za-z0-9_-]+):", line):
            depth = len(found.group(1)) // 2
            path = path[:depth] + [found.group(2)]
            if comment:
                rows.append((".".join(path), comment))
            comment = None
    return rows


def default(values, path):
    for key in path.split("."):
        values = values[key]
    return json.dumps(values, ensure_ascii=False)


def table():
    text = (CHART / "values.yaml").read_text()
    values = yaml.safe_load(text)
    lines = ["| value | default | meaning |", "|---|---|---|"]
    lines += [f"| `{path}` | `{default(values, path)}` | {comment.replace('|', chr(92) + '|')} |" for path, comment in described(text)]
    return "\n".join(lines)


def readme():
    path = CHART / "README.md"
    before, _, rest = path.read_text().partition(START)
    return path, f"{before}{START}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    path, text = readme()
    path.write_text(text)
