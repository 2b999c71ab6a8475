"""Measures whole nodes: measure_node.py BINARY [REPEATS]. Prints a Markdown table of medians with minimum and maximum.

Every node is a real process on free loopback ports; a figure is taken from the outside, with a socket.
"""

import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

LOOK_S = 0.002  # pause between two looks, which bounds the error of every time below
PATIENCE_S = 300


class Node:
    """A running `flts run`; `age` is the time since its exec."""

    def __init__(self, binary, data_dir, *args, **env):
        env = dict(os.environ, DATA_DIR=data_dir, HTTP_ADDR="127.0.0.1:0", DRAIN_NOTICE_MS="0", **env)
        self.started = time.monotonic()
        # the log goes to a file: a pipe that nobody reads would stop the node
        self.log = open(os.path.join(data_dir, "..", f"node-{time.monotonic_ns()}.log"), "w+")
        self.process = subprocess.Popen([binary, "run", *args], env=env, stdout=self.log, stderr=subprocess.STDOUT)
        self.port = self.wait(self.find_port)

    def age(self):
        return time.monotonic() - self.started

    def wait(self, look):
        while self.age() < PATIENCE_S:
            found = look()
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(LOOK_S)
        self.log.seek(0)
        sys.exit(f"the node did not get there:\n{self.log.read()}")

    def find_port(self):
        self.log.seek(0)
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.log.read())
        return found and int(found.group(1))

    def predict(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", "/predict", body, {"content-type": "application/json"})
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def first_forecast(self, body):
        """Seconds from exec to the first 200 of /predict."""
        self.wait(lambda: self.predict(body))
        return self.age()

    def rss_mib(self):
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def stop(self):
        """Seconds from SIGTERM to the end of the process."""
        told = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        assert code == 0, f"exit code {code}"
        self.log.close()
        return time.monotonic() - told


def request_of(path, rows=30):
    """The first rows of a CSV file as the body of /predict."""
    lines = [line.split(",") for line in open(path).read().splitlines()[: rows + 1]]
    columns = list(zip(*lines[1:]))
    cells = {name: [float(cell) if cell else None for cell in column] for name, column in zip(lines[0][1:], columns[1:])}
    return json.dumps({"data": {"ts": list(columns[0]), **cells}})


def row(what, values, unit, digits=2):
    median, low, high = statistics.median(values), min(values), max(values)
    spread = f" ({low:.{digits}f} to {high:.{digits}f})" if len(values) > 1 else ""
    print(f"| {what} | {median:.{digits}f} {unit}{spread} |", flush=True)


def main(binary, repeats):
    with tempfile.TemporaryDirectory() as folder:
        sample, home = os.path.join(folder, "sample"), os.path.join(folder, "home")
        subprocess.run([binary, "sample-data", sample], check=True, stdout=subprocess.DEVNULL)
        train, test = (os.path.join(sample, name) for name in ("sample.csv", "sample_test.csv"))
        os.mkdir(home)
        body = request_of(test)

        print("| what | median (min to max) |\n|---|---|")
        node = Node(binary, home, "--data", train, "--test", test)
        row("new data to the first forecast, exec to 200", [node.first_forecast(body)], "s")
        node.stop()
        for roles in ("all", "inference"):
            starts, memory, stops = [], [], []
            for _ in range(repeats):
                node = Node(binary, home, ROLES=roles)
                starts.append(node.first_forecast(body))
                memory.append(node.rss_mib())
                stops.append(node.stop())
            row(f"ROLES={roles}: restart to the first 200 of /predict", starts, "s", 3)
            row(f"ROLES={roles}: resident memory then", memory, "MiB", 0)
            row(f"ROLES={roles}: SIGTERM to the end, no notice", stops, "s", 3)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
