"""Load on FLTS with the user classes and payloads of the Python system.

    locust -f soak/locust/locustfile.py --host http://localhost:8000 --headless -u 200 -r 20 -t 60s --csv results

PipelineUser is the original's mixture: forecasts, health checks, downloads from the gateway. InferenceUser only forecasts. One class alone:
`locust -f ... InferenceUser`. A request is a success only if what came back is a forecast: the original counted whatever had status 200,
stub answers included, and a run of 4,432 answers with status 400 was called its zero-failure run.

| variable | default | meaning |
|---|---|---|
| PREDICT_USER_WAIT_MIN, PREDICT_USER_WAIT_MAX | 1, 2 | seconds between two requests of a user |
| PREDICT_PAYLOAD_MODE | auto | auto: the example request of the node, else synthetic; synthetic: the original's rows; cached: an empty body |
| LOCUST_PAYLOAD_ROWS | 30 | rows of a synthetic request |
| ROW_MINUTES | 2 | minutes from row to row, as in the data; the original sent 1 |
| INFERENCE_LENGTH | 1 | steps that are asked for |
| GATEWAY_URL | unset: no downloads | where the gateway is |
| DOWNLOAD_PATH | /download/processed-data/test_processed_data.parquet | what is downloaded |
| MODEL_WAIT_S | 120 | how long a user waits for a model before it starts |
| CLAIMS | 0 | claims that the first user publishes through /publish_inference_claims; needs ADMIN_TOKEN |
| ADMIN_TOKEN, READ_TOKEN | unset | bearer tokens of changing and of reading calls |
"""

import json
import math
import os
import time
from datetime import datetime, timedelta
from itertools import count

import gevent
from locust import FastHttpUser, between, events, task

WAIT = (float(os.environ.get("PREDICT_USER_WAIT_MIN", "1")), float(os.environ.get("PREDICT_USER_WAIT_MAX", "2")))
MODE = os.environ.get("PREDICT_PAYLOAD_MODE", "auto")
ROWS = int(os.environ.get("LOCUST_PAYLOAD_ROWS", "30"))
ROW_MINUTES = float(os.environ.get("ROW_MINUTES", "2"))
STEPS = int(os.environ.get("INFERENCE_LENGTH", "1"))
GATEWAY = os.environ.get("GATEWAY_URL", "").rstrip("/")
DOWNLOAD = os.environ.get("DOWNLOAD_PATH", "/download/processed-data/test_processed_data.parquet")
MODEL_WAIT_S = float(os.environ.get("MODEL_WAIT_S", "120"))
CLAIMS = int(os.environ.get("CLAIMS", "0"))

request_numbers = count()

# column: (start, step, how many steps until it starts again); what the original computed from the number of the row
COLUMNS = {
    "down": (5e6, 1e6, 50),
    "up": (1000.0, 1000.0, 50),
    "rnti_count": (2000.0, 1.0, 50),
    "mcs_down": (10.0, 1.0, 5),
    "mcs_down_var": (50.0, 0.5, 50),
    "mcs_up": (12.0, 1.0, 4),
    "mcs_up_var": (40.0, 0.4, 50),
    "rb_down": (0.05, 0.001, 50),
    "rb_down_var": (1e-7, 1e-9, 50),
    "rb_up": (0.01, 0.0005, 50),
    "rb_up_var": (5e-8, 1e-9, 50),
}


def synthetic(rows=ROWS, number=0):
    """The original's request: rows from now on, and columns that count up."""
    start = datetime.now().replace(second=0, microsecond=0) + timedelta(minutes=number)
    data = {"ts": [(start + timedelta(minutes=ROW_MINUTES * row)).strftime("%Y-%m-%d %H:%M:%S") for row in range(rows)]}
    for name, (first, step, period) in COLUMNS.items():
        data[name] = [first + step * ((row % 50) % period) for row in range(rows)]
    return {"data": data, "index_col": "ts", "inference_length": STEPS}


def what_is_wrong(status, text, steps=STEPS):
    """Why an answer to a forecast is a failure, or None."""
    if status != 200:
        try:
            answer = json.loads(text)
            return f"{status} {answer.get('code', '')}: {answer.get('detail', '')}"[:200]
        except (ValueError, AttributeError):
            return f"{status} without a reason"
    try:
        answer = json.loads(text)
    except ValueError:
        return "200, but the body is no JSON"
    if not isinstance(answer, dict) or not str(answer.get("status", "")).startswith("SUCCESS"):
        return "200, but no success"
    if not answer.get("run_id"):
        return "200, but of no model"
    predictions = answer.get("predictions") or []
    if len(predictions) != steps:
        return f"200, but {len(predictions)} steps instead of {steps}"
    for row in predictions:
        values = [value for name, value in row.items() if name != "ts"]
        if not any(isinstance(value, (int, float)) and math.isfinite(value) for value in values):
            return "200, but a step without a number"
    return None


def bearer(*names):
    token = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return {"Authorization": f"Bearer {token}"} if token else {}


class FltsUser(FastHttpUser):
    """What both user classes share: the payload, and what counts as a success."""

    abstract = True
    wait_time = between(*WAIT)
    network_timeout = 60.0
    connection_timeout = 10.0
    example = None

    def on_start(self):
        self.wait_for_model()
        if MODE == "auto":
            self.example = self.example_request()

    def wait_for_model(self):
        """Users start when there is something to measure. A node without a model in time is a failure, and the run goes on."""
        deadline = time.monotonic() + MODEL_WAIT_S
        while time.monotonic() < deadline:
            with self.client.get("/readyz", name="/readyz (start)", catch_response=True) as answer:
                if answer.status_code == 200:
                    answer.success()
                    return
                waited = time.monotonic() + 1 >= deadline
                answer.failure(f"{answer.status_code}: no model within {MODEL_WAIT_S:.0f} s") if waited else answer.success()
            gevent.sleep(1)

    def example_request(self):
        with self.client.get("/openapi.json", name="/openapi.json (start)", headers=bearer("READ_TOKEN", "ADMIN_TOKEN"), catch_response=True) as answer:
            answer.success()
            try:
                content = json.loads(answer.text)["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
                request = content.get("example") or next(iter(content["examples"].values()))["value"]
                request = dict(request, inference_length=STEPS)
                return request if len(request["data"]) > 1 else None
            except (ValueError, KeyError, TypeError, StopIteration):
                return None

    def payload(self):
        if MODE == "cached":
            return {}
        return self.example or synthetic(number=next(request_numbers))

    def predict(self):
        with self.client.post("/predict", json=self.payload(), name="/predict", catch_response=True) as answer:
            wrong = what_is_wrong(answer.status_code, answer.text)
            answer.failure(wrong) if wrong else answer.success()


class InferenceUser(FltsUser):
    """Forecasts only: the user of the original's Kubernetes load test."""

    @task
    def forecast(self):
        self.predict()


class PipelineUser(FltsUser):
    """The original's mixture: 80 forecasts, 10 health checks, 10 downloads."""

    @task(80)
    def forecast(self):
        self.predict()

    @task(10)
    def health(self):
        with self.client.get("/healthz", name="/healthz", catch_response=True) as answer:
            good = answer.status_code == 200 and '"ok"' in (answer.text or "")
            answer.success() if good else answer.failure(f"{answer.status_code}: not healthy")

    @task(10)
    def download(self):
        if not GATEWAY:
            return
        headers = bearer("READ_TOKEN", "ADMIN_TOKEN")
        with self.client.get(GATEWAY + DOWNLOAD, name="/download", headers=headers, catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code}: nothing downloaded")
            elif not answer.content:
                answer.failure("200, but nothing in it")
            else:
                answer.success()


@events.test_start.add_listener
def publish_claims(environment, **_):
    """The original's burst of claims, once a run."""
    if CLAIMS <= 0 or type(environment.runner).__name__ == "WorkerRunner":
        return
    from urllib.request import Request, urlopen

    body = json.dumps({"count": CLAIMS, "key_prefix": "locust"}).encode()
    headers = {"Content-Type": "application/json", **bearer("ADMIN_TOKEN")}
    with urlopen(Request(environment.host.rstrip("/") + "/publish_inference_claims", body, headers), timeout=300) as answer:
        print(f"claims: {answer.read().decode()}")
