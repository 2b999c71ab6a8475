"""The programs that the chart carries: the locustfile tells failures as failures, and the checks of `helm test` pass and fail rightly."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
import types
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import chart


def locustfile():
    """The locustfile without locust: what it needs of it here is names."""
    locust, gevent = types.ModuleType("locust"), types.ModuleType("gevent")
    locust.FastHttpUser = object
    locust.between = lambda *_: None
    locust.task = lambda weight: weight if callable(weight) else (lambda method: method)
    locust.events = types.SimpleNamespace(test_start=types.SimpleNamespace(add_listener=lambda listener: listener))
    with mock.patch.dict(sys.modules, {"locust": locust, "gevent": gevent}):
        spec = importlib.util.spec_from_file_location("locustfile", chart.CHART / "files/locust/locustfile.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def answer(steps=1, value=1.5, **changed):
    return json.dumps({"status": "SUCCESS", "run_id": "ab", "predictions": [{"ts": "2018-02-06T00:40:00", "down": value}] * steps} | changed)


class Locustfile(unittest.TestCase):
    def setUp(self):
        self.file = locustfile()

    def test_a_forecast_is_a_success(self):
        self.assertIsNone(self.file.what_is_wrong(200, answer()))
        self.assertIsNone(self.file.what_is_wrong(200, answer(status="SUCCESS_CACHED")))
        self.assertIsNone(self.file.what_is_wrong(200, answer(steps=5), steps=5))

    def test_everything_else_is_a_failure_with_its_reason(self):
        wrong = self.file.what_is_wrong
        self.assertEqual(wrong(400, '{"detail": "missing column(s): up", "code": "bad_request"}'), "400 bad_request: missing column(s): up")
        self.assertIn("503 model_not_loaded", wrong(503, '{"detail": "no model", "code": "model_not_loaded"}'))
        self.assertIn("502", wrong(502, "<html>bad gateway</html>"))
        self.assertIn("0 ", wrong(0, "") + " ")
        self.assertIn("no JSON", wrong(200, "ok"))
        self.assertIn("no success", wrong(200, '{"status": "error"}'))

    def test_a_stub_answer_of_the_python_system_is_a_failure(self):
        stub = '{"status":"SUCCESS","identifier":"default","run_id":null,"predictions":[]}'
        self.assertIn("of no model", self.file.what_is_wrong(200, stub))
        self.assertIn("0 steps instead of 1", self.file.what_is_wrong(200, answer(steps=0)))
        self.assertIn("without a number", self.file.what_is_wrong(200, answer(value=None)))

    def test_the_payload_is_the_one_of_the_python_system(self):
        request = self.file.synthetic(rows=30)
        data = request["data"]
        self.assertEqual(set(data), {"ts", "down", "up", "rnti_count", "mcs_down", "mcs_down_var", "mcs_up", "mcs_up_var", "rb_down", "rb_down_var", "rb_up", "rb_up_var"})
        self.assertEqual({len(column) for column in data.values()}, {30})
        self.assertEqual((request["index_col"], request["inference_length"]), ("ts", 1))
        self.assertEqual(data["down"][:3], [5e6, 6e6, 7e6])
        self.assertEqual(data["up"][:3], [1000, 2000, 3000])
        self.assertEqual(data["mcs_down"][:6], [10, 11, 12, 13, 14, 10])
        self.assertEqual(data["mcs_up"][:5], [12, 13, 14, 15, 12])
        self.assertAlmostEqual(data["rb_down"][29], 0.05 + 0.029)

    def test_rows_are_as_far_apart_as_those_of_the_data(self):
        first, second = self.file.synthetic(rows=2)["data"]["ts"]
        read = self.file.datetime.fromisoformat
        self.assertEqual((read(second) - read(first)).total_seconds(), 120)

    def test_both_user_classes_are_there(self):
        self.assertTrue(issubclass(self.file.PipelineUser, self.file.FltsUser) and issubclass(self.file.InferenceUser, self.file.FltsUser))


class Node(BaseHTTPRequestHandler):
    """Answers as an inference node does, or as the test wants."""

    loaded, predict_status = "1", 200

    def respond(self, status, body):
        body = body.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/metrics":
            self.respond(200, f"# HELP x\ninference_model_loaded {self.loaded}\n")
        elif self.path == "/openapi.json":
            self.respond(200, json.dumps({"paths": {"/predict": {"post": {"requestBody": {"content": {"application/json": {"example": {"data": {"ts": []}}}}}}}}}))
        elif self.path.startswith("/api/v1/query"):
            self.respond(200, json.dumps({"data": {"result": [{"value": [0, self.loaded]}]}}))
        else:
            self.respond(200, "{}")

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.respond(self.predict_status, json.dumps({"status": "SUCCESS", "model_type": "GRU", "run_id": "ab", "generation": 1, "predictions": [{}]}))

    def log_message(self, *_):
        pass


class Smoke(unittest.TestCase):
    def smoke(self, checks, node=Node, **environment):
        server = ThreadingHTTPServer(("127.0.0.1", 0), node)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        base = f"http://127.0.0.1:{server.server_port}"
        text = json.dumps([{"name": check, "check": check, "url": base if check != "connect" else base.replace("http", "tcp")} for check in checks])
        path = chart.TOOLS / f"checks-{os.getpid()}.json"
        path.write_text(text)
        self.addCleanup(path.unlink, missing_ok=True)
        run = subprocess.run([sys.executable, chart.CHART / "files/smoke/smoke.py", path], capture_output=True, text=True, env=os.environ | {"PATIENCE_S": "0"} | environment)
        return run.returncode, run.stdout + run.stderr

    def test_a_good_installation_passes(self):
        code, text = self.smoke(["status", "model", "forecast", "concurrent", "connect"])
        self.assertEqual(code, 0, text)
        self.assertIn("5 of 5 checks passed", text)

    def test_a_node_without_a_model_fails_unless_that_is_allowed(self):
        without = type("Without", (Node,), {"loaded": "0", "predict_status": 503})
        code, text = self.smoke(["model", "forecast"], without)
        self.assertEqual(code, 1)
        self.assertIn("nothing is promoted yet", text)
        self.assertIn("[FAILED] forecast: HTTP 503", text)
        code, text = self.smoke(["status", "model", "forecast"], without, REQUIRE_MODEL="false")
        self.assertEqual(code, 0, text)

    def test_a_target_that_is_down_fails(self):
        down = type("Down", (Node,), {"loaded": "0"})
        run = self.smoke(["scraped"], type("Prometheus", (down,), {"do_GET": lambda self: self.respond(200, json.dumps({"data": {"result": [{"value": [0, "0"]}]}}))}))
        self.assertEqual(run[0], 1)
        self.assertIn("no target is up", run[1])

    def test_every_check_of_the_chart_is_one_that_the_program_knows(self):
        known = set(__import__("re").findall(r'"(\w+)": \1[,}]', (chart.CHART / "files/smoke/smoke.py").read_text()))
        for values in chart.MATRIX:
            checks = json.loads(chart.find(values.name, "ConfigMap", "flts-test")["data"]["checks.json"])
            self.assertTrue(checks)
            self.assertLessEqual({check["check"] for check in checks}, known)


if __name__ == "__main__":
    unittest.main()
