"""Runs the pods of values-platform.yaml here, each with exactly its rendered environment, command and probes, against a real Kafka and a
real MinIO, until a forecast comes back. Needs root: every pod gets a network namespace with its own address, and FLTS runs in the unpacked
root of the image, read-only, as user 10001, without capabilities.

usage: run_platform.py ROOT KAFKA_JARS MINIO DATA
ROOT is what scripts/image/root.sh laid out, KAFKA_JARS the folder of scripts/kafka.sh, MINIO the binary of scripts/minio.sh, DATA a folder
with PobleSec.csv and PobleSec_test.csv. `inner ...` is this program inside of a namespace.
"""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NET = "10.77.0"
UID = 10001


def sh(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True)


def inner(root, hosts, secrets, state, arguments):
    """Becomes a container: the unpacked root, read-only, with /tmp, /run/secrets and DATA_DIR; no capabilities, no new privileges."""
    mount = lambda *arguments: subprocess.run(["mount", *arguments], check=True)
    mount("--make-rprivate", "/")
    mount("--bind", root, root)
    for folder in ("proc", "dev", "run/secrets/flts"):
        os.makedirs(f"{root}/{folder}", exist_ok=True)
    Path(f"{root}/etc/hosts").touch()
    mount("--bind", hosts, f"{root}/etc/hosts")
    mount("--bind", secrets, f"{root}/run/secrets/flts")
    mount("--bind", state, f"{root}/var/lib/flts")
    mount("-t", "tmpfs", "-o", f"mode=1777,uid={UID},gid={UID}", "tmpfs", f"{root}/tmp")
    mount("-t", "proc", "proc", f"{root}/proc")
    mount("-t", "tmpfs", "tmpfs", f"{root}/dev")
    for name in ("null", "urandom", "termination-log"):
        Path(f"{root}/dev/{name}").touch()
    os.chmod(f"{root}/dev/termination-log", 0o666)
    for name in ("null", "urandom"):
        mount("--bind", f"/dev/{name}", f"{root}/dev/{name}")
    mount("-o", "remount,bind,ro", root)
    os.chroot(root)
    os.chdir("/")
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(41):
        libc.prctl(24, capability, 0, 0, 0)
    libc.prctl(38, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(UID)
    os.setuid(UID)
    environment = {"PATH": "/usr/bin", "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"} | json.loads(os.environ["POD_ENV"])
    os.execve("/usr/bin/flts", ["flts", *arguments], environment)


class Pods:
    """Network namespaces on one bridge, and the processes in them."""

    def __init__(self, folder, services):
        self.folder, self.services, self.addresses, self.processes, self.logs = Path(folder), services, {}, {}, {}
        sh("ip", "link", "add", "fltsbr", "type", "bridge")
        sh("ip", "addr", "add", f"{NET}.1/24", "dev", "fltsbr")
        sh("ip", "link", "set", "fltsbr", "up")

    def add(self, name):
        number = len(self.addresses) + 2
        self.addresses[name] = f"{NET}.{number}"
        space, link = f"flts{number}", f"fltsv{number}"
        sh("ip", "netns", "add", space)
        sh("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
        sh("ip", "link", "set", link, "master", "fltsbr", "up")
        for command in (("addr", "add", f"{NET}.{number}/24", "dev", "eth0"), ("link", "set", "eth0", "up"), ("link", "set", "lo", "up")):
            sh("ip", "-n", space, *command)

    def write_hosts(self):
        """What the DNS of a cluster says: a Service is its pod here, and so are the names of a StatefulSet's pods."""
        lines = ["127.0.0.1 localhost"]
        for service, app in self.services.items():
            if app in self.addresses:
                lines.append(f"{self.addresses[app]} {service}")
        lines.append(f"{self.addresses['kafka']} kafka-0.kafka-pods")
        (self.folder / "hosts").write_text("\n".join(lines) + "\n")
        for number in range(2, len(self.addresses) + 2):
            os.makedirs(f"/etc/netns/flts{number}", exist_ok=True)
            shutil.copy(self.folder / "hosts", f"/etc/netns/flts{number}/hosts")

    def start(self, name, command, environment, app=None):
        space = "flts" + self.addresses[app or name].split(".")[-1]
        log = open(self.folder / f"{name}.log", "ab")
        self.logs[name] = self.folder / f"{name}.log"
        self.processes[name] = subprocess.Popen(["nice", "-n", "10", "ip", "netns", "exec", space, *command], env=environment, stdout=log, stderr=log, start_new_session=True)
        return self.processes[name]

    def get(self, url):
        """From the pod flts-test."""
        space = "flts" + self.addresses["flts-test"].split(".")[-1]
        return sh("ip", "netns", "exec", space, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "5", url, check=False).stdout

    def clear(self):
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        for number in range(2, len(self.addresses) + 2):
            sh("ip", "netns", "del", f"flts{number}", check=False)
            shutil.rmtree(f"/etc/netns/flts{number}", ignore_errors=True)
        sh("ip", "link", "del", "fltsbr", check=False)


def until(what, seconds, condition):
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if condition():
            print(f"[ok] {what} after {time.monotonic() - started:.0f} s", flush=True)
            return
        time.sleep(0.5)
    raise SystemExit(f"[FAILED] {what} within {seconds} s")


def main(root, jars, minio, data):
    import chart

    import boto3

    name = "platform"
    pods_of = chart.program_pods(name)
    services = {one["metadata"]["name"]: one["spec"]["selector"]["app"] for one in chart.objects(name) if one["kind"] == "Service"}
    secrets = {"root-user": "flts", "root-password": "store-secret", "aws-access-key-id": "flts", "aws-secret-access-key": "store-secret", "admin-token": "token"}
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    pods = Pods(folder, services)
    try:
        for app in ("kafka", "minio", *pods_of, "flts-test"):
            pods.add(app)
        pods.write_hosts()
        secret_folder = Path(folder) / "secrets"
        secret_folder.mkdir()
        for file, value in secrets.items():
            (secret_folder / file).write_text(value)

        # Kafka: the variables of the image as the properties that they stand for
        environment = chart.environment(name, chart.workloads(name)["kafka"][1]) | {"POD_NAME": "kafka-0", "KAFKA_NODE_ID": "0"}
        lines = [f"{key[6:].lower().replace('_', '.')}={value.replace('$(POD_NAME)', 'kafka-0').replace('/var/lib/kafka/data', folder + '/kafka')}" for key, value in environment.items() if key.startswith("KAFKA_")]
        (Path(folder) / "server.properties").write_text("\n".join(lines) + "\n")
        java = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"]
        sh(*java, "kafka.tools.StorageTool", "format", "-t", environment["CLUSTER_ID"], "-c", f"{folder}/server.properties")
        pods.start("kafka", [*java, "kafka.Kafka", f"{folder}/server.properties"], dict(os.environ))

        container = chart.workloads(name)["minio"][1]["spec"]["containers"][0]
        os.makedirs(f"{folder}/data")
        arguments = [f"{folder}/data" if one == "/data" else one for one in container["args"]]
        own = {key: value for key, value in chart.environment(name, chart.workloads(name)["minio"][1]).items() if value != "from"}
        pods.start("minio", [minio, *arguments], {"PATH": os.environ["PATH"], "HOME": folder, "MINIO_CI_CD": "1"} | own | {"MINIO_ROOT_USER": secrets["root-user"], "MINIO_ROOT_PASSWORD": secrets["root-password"]})
        probe = container["readinessProbe"]["httpGet"]["path"]
        until(f"minio answers {probe}", 120, lambda: pods.get(f"http://minio:9000{probe}") == "200")
        store = boto3.client("s3", endpoint_url=f"http://{pods.addresses['minio']}:9000", aws_access_key_id="flts", aws_secret_access_key="store-secret", region_name="us-east-1")
        store.create_bucket(Bucket="dataset")
        for file in ("PobleSec.csv", "PobleSec_test.csv"):
            store.upload_file(f"{data}/{file}", "dataset", file)

        def launch(app, arguments=None):
            """Starts the pod; with arguments a further command in it, as kubectl exec does."""
            template = pods_of[app]
            state = Path(folder) / f"state-{app}"
            state.mkdir(exist_ok=True)
            os.chown(state, UID, UID)
            environment = dict(os.environ) | {"POD_ENV": json.dumps(chart.environment(name, template))}
            command = ["unshare", "-m", sys.executable, __file__, "inner", root, f"{folder}/hosts", str(secret_folder), str(state), *(arguments or template["spec"]["containers"][0]["args"])]
            return pods.start(app if arguments is None else f"{app} {' '.join(arguments)}", command, environment, app)

        jobs = {app for app, template in pods_of.items() if template["spec"]["containers"][0]["args"] != ["run"]}
        def complete(app, attempts):
            """Restarts the pod of a Job until it ends with 0, as kubelet does."""
            for attempt in range(1, attempts + 1):
                if launch(app).wait() == 0:
                    print(f"[ok] {app} is complete at attempt {attempt}", flush=True)
                    return
                time.sleep(5)
            raise SystemExit(f"[FAILED] {app}: {pods.logs[app].read_text()[-2000:]}")

        complete("init-topics", 10)
        for app in pods_of:
            if app not in jobs:
                launch(app)

        def probed(app, which):
            container = pods_of[app]["spec"]["containers"][0]
            return pods.get(f"http://{app}-pods:{container['ports'][0]['containerPort']}{container[which]['httpGet']['path']}")

        for app in sorted(set(pods_of) - jobs):
            until(f"{app}: startup and liveness probes answer", 120, lambda: probed(app, "startupProbe") == "200" and probed(app, "livenessProbe") == "200")
        assert probed("inference", "readinessProbe") == "503", "inference is ready before there is a model"
        print("[ok] inference is not ready without a model", flush=True)
        complete("preprocess", 3)
        until("inference is ready with a model", 900, lambda: probed("inference", "readinessProbe") == "200")
        for app in ("eval", "fastapi-app", "nonml-prophet", "train-gru", "train-lstm"):
            until(f"{app}: the readiness probe answers", 60, lambda: probed(app, "readinessProbe") == "200")

        checks = json.loads(chart.find(name, "ConfigMap", "flts-test")["data"]["checks.json"])
        running = [check for check in checks if check["pod"] in pods.processes]
        (Path(folder) / "checks.json").write_text(json.dumps(running))
        test = pods.start("flts-test", [sys.executable, str(chart.CHART / "files/smoke/smoke.py"), f"{folder}/checks.json"], dict(os.environ))
        test.wait(timeout=300)
        print(pods.logs["flts-test"].read_text(), end="", flush=True)
        assert test.returncode == 0

        for app, arguments in (("inference", ["doctor"]), ("inference", ["promotion", "show"]), ("eval", ["promotion", "history"]), ("inference", ["config"])):
            command = " ".join(arguments)
            assert launch(app, arguments).wait(timeout=120) == 0, pods.logs[f"{app} {command}"].read_text()
            print(f"[ok] kubectl exec deployment/{app} -- flts {command}", flush=True)

        for app in sorted(set(pods_of) - jobs):
            grace = pods_of[app]["spec"]["terminationGracePeriodSeconds"]
            process, started = pods.processes[app], time.monotonic()
            os.kill(process.pid, signal.SIGTERM)
            code = process.wait(timeout=grace)
            assert code == 0, (app, code)
            print(f"[ok] {app} stopped with 0 after {time.monotonic() - started:.0f} of {grace} s", flush=True)
        print("the platform serves a forecast end to end")
    except BaseException:
        for app, log in pods.logs.items():
            print(f"--- {app}\n{log.read_text(errors='replace')[-1500:]}", file=sys.stderr)
        raise
    finally:
        pods.clear()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1] == "inner":
        inner(*sys.argv[2:6], sys.argv[6:])
    else:
        main(*sys.argv[1:])
