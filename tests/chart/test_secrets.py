"""A Secret that exists wins. Helm looks it up here in an API server of three answers."""

import base64
import json
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import chart

ENCODED = base64.b64encode(b"what-it-was").decode()


class Api(BaseHTTPRequestHandler):
    """As much of an API server as `lookup` needs."""

    secrets = {}
    # paths that were asked for
    asked = []

    def do_GET(self):
        path = self.path.split("?")[0]
        self.asked.append(path)
        name = path.rpartition("/")[2]
        answers = {
            "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.2"},
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
            "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [{"name": "secrets", "namespaced": True, "kind": "Secret", "verbs": ["get"]}]},
        }
        if path in answers:
            return self.answer(200, answers[path])
        if path.startswith("/api/v1/namespaces/flts/secrets/") and name in self.secrets:
            return self.answer(200, self.secrets[name])
        self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404})

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def secret(name, keys, release=None):
    annotations = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": "flts"} if release else {}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "flts", "annotations": annotations}, "data": {key: ENCODED for key in keys}}


class Secrets(unittest.TestCase):
    def rendered(self, there, *arguments):
        """The Secrets that Helm would write, where these are there already."""
        api = type("Api", (Api,), {"secrets": {one["metadata"]["name"]: one for one in there}, "asked": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), api)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
            chart.yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": "x", "clusters": [{"name": "x", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}], "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}], "users": [{"name": "x", "user": {}}]}, config)
            config.flush()
            run = subprocess.run([chart.HELM, "template", "flts", str(chart.CHART), "-n", "flts", "--dry-run=server", "--kube-version", "1.34.2", "--kubeconfig", config.name, *arguments], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertTrue([path for path in api.asked if "/secrets/" in path], "Helm asked for no Secret")
        return {one["metadata"]["name"]: one for one in chart.yaml.safe_load_all(run.stdout) if one and one["kind"] == "Secret"}

    def test_secrets_that_are_missing_are_made_with_random_values(self):
        platform = ("-f", str(chart.CHART / "values-platform.yaml"))
        first, second = self.rendered([], *platform), self.rendered([], *platform)
        self.assertEqual(set(first), {"flts-tokens", "grafana-admin", "minio-root-credentials", "mlflow-credentials", "mlflow-postgres-credentials"})
        token = lambda secrets: base64.b64decode(secrets["flts-tokens"]["data"]["admin-token"])
        self.assertEqual(len(token(first)), 32)
        self.assertNotEqual(token(first), token(second))

    def test_a_secret_of_somebody_else_is_left_as_it_is(self):
        mine = [secret("minio-root-credentials", ["root-user", "root-password"]), secret("mlflow-credentials", ["aws-access-key-id", "aws-secret-access-key"])]
        made = self.rendered(mine, "-f", str(chart.CHART / "values-complete.yaml"))
        self.assertNotIn("minio-root-credentials", made)
        self.assertNotIn("mlflow-credentials", made)
        self.assertIn("grafana-admin", made)

    def test_a_secret_of_another_release_is_left_as_it_is(self):
        self.assertNotIn("flts-tokens", self.rendered([secret("flts-tokens", ["admin-token"], release="other")]))

    def test_an_upgrade_keeps_the_values_of_its_own_secret(self):
        made = self.rendered([secret("flts-tokens", ["admin-token"], release="flts")])
        self.assertEqual(made["flts-tokens"]["data"], {"admin-token": ENCODED})
        self.assertEqual(made["flts-tokens"]["metadata"]["annotations"]["helm.sh/resource-policy"], "keep")


if __name__ == "__main__":
    unittest.main()
