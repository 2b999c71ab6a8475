"""The checklist of `helm test`: reads checks.json and asks each service what it promises. Standard library only."""

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

REQUIRE_MODEL = os.environ.get("REQUIRE_MODEL", "true") == "true"
CONCURRENCY = int(os.environ.get("CONCURRENCY", "10"))
PATIENCE_S = float(os.environ.get("PATIENCE_S", "60"))


def ask(url, body=None):
    headers = {"content-type": "application/json"} if body is not None else {}
    if os.environ.get("READ_TOKEN"):
        headers["authorization"] = "Bearer " + os.environ["READ_TOKEN"]
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as answer:
        return answer.status, answer.read().decode()


def model_loaded(base):
    _, text = ask(base + "/metrics")
    return any(line.split() == ["inference_model_loaded", "1"] for line in text.splitlines())


def example(base):
    """The example request of the OpenAPI document, which the served model answers."""
    _, text = ask(base + "/openapi.json")
    content = json.loads(text)["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    if "example" in content:
        return content["example"]
    return next(iter(content["examples"].values()))["value"]


def forecast(base):
    status, text = ask(base + "/predict", example(base))
    answer = json.loads(text)
    assert status == 200 and answer["status"].startswith("SUCCESS") and answer["predictions"], text[:300]
    return f"{answer['model_type']} of run {answer['run_id']}, generation {answer['generation']}"


def concurrent(base):
    body = example(base)
    with ThreadPoolExecutor(CONCURRENCY) as callers:
        statuses = list(callers.map(lambda _: ask(base + "/predict", body)[0], range(CONCURRENCY * 5)))
    assert set(statuses) == {200}, f"statuses {sorted(set(statuses))}"
    return f"{len(statuses)} answers, {CONCURRENCY} at a time"


def scraped(url):
    results = json.loads(ask(url)[1])["data"]["result"]
    up = sum(result["value"][1] == "1" for result in results)
    assert up > 0, "no target is up"
    return f"{up} of {len(results)} targets are up"


def connect(url):
    place = urlsplit(url)
    socket.create_connection((place.hostname, place.port), timeout=10).close()
    return "connected"


def status(url):
    return f"HTTP {ask(url)[0]}"


def model(base):
    assert model_loaded(base), "inference_model_loaded is 0: nothing is promoted yet"
    return "inference_model_loaded is 1"


CHECKS = {"status": status, "model": model, "forecast": forecast, "concurrent": concurrent, "scraped": scraped, "connect": connect}
NEED_MODEL = {"model", "forecast", "concurrent"}


def explain(error):
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}: {error.read(300).decode(errors='replace')}"
    return f"{type(error).__name__}: {error}"


def patiently(check):
    """Services may still be starting: a check that fails is tried again until its time is up."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return True, CHECKS[check["check"]](check["url"])
        except Exception as error:
            if time.monotonic() > deadline:
                return False, explain(error)
            time.sleep(2)


def main():
    checks = json.load(open(sys.argv[1]))
    failed = 0
    for check in checks:
        if check["check"] in NEED_MODEL and not REQUIRE_MODEL:
            print(f"[skip] {check['name']}: tests.requireModel is false")
            continue
        good, text = patiently(check)
        failed += not good
        print(f"[{'ok' if good else 'FAILED'}] {check['name']}: {text}", flush=True)
    print(f"{len(checks) - failed} of {len(checks)} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
