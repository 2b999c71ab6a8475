#!/usr/bin/env python3
"""Recomputes a forecast from an artifact, with numpy alone.

    recompute.py FOLDER REQUEST.json [--expect ANSWER.json]

FOLDER holds manifest.json and weights.safetensors; REQUEST is a body of POST /predict: `data` maps the time column and every
measured column to an array, `inference_length` (or `horizon`) is the number of steps, 1 by default. Prints the predictions as
JSON. With --expect, an answer of POST /predict, it exits 1 if any value differs by more than 1e-5 of its size.
"""

import argparse
import datetime
import hashlib
import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file

DAY_MS = 86_400_000
Z_LIMIT = 20.0
TOLERANCE = 1e-5
UTC = datetime.timezone.utc


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("request", type=pathlib.Path)
    arguments.add_argument("--expect", type=pathlib.Path)
    asked = arguments.parse_args()

    manifest = json.loads((asked.folder / "manifest.json").read_text())
    weights_file = asked.folder / "weights.safetensors"
    found = hashlib.sha256(weights_file.read_bytes()).hexdigest()
    if found != manifest["files"]["weights.safetensors"]:
        sys.exit("weights.safetensors is not the file that the manifest names")
    weights = {name: tensor.astype(np.float64) for name, tensor in load_file(weights_file).items()}

    request = json.loads(asked.request.read_text())
    horizon = int(request.get("inference_length", request.get("horizon", 1)))
    last_ms, rows = context_of(manifest, request)
    forecast = recompute(manifest, weights, last_ms, rows, horizon)

    predictions = []
    for step, values in enumerate(forecast, start=1):
        time = datetime.datetime.fromtimestamp((last_ms + step * manifest["step_ms"]) / 1000, UTC)
        stamp = time.replace(tzinfo=None).isoformat()
        predictions.append({"ts": stamp, **dict(zip(manifest["targets"], values))})
    if asked.expect is None:
        print(json.dumps({"predictions": predictions}, indent=1))
        return
    compare(manifest, predictions, json.loads(asked.expect.read_text())["predictions"])


def compare(manifest, ours, theirs):
    if len(ours) != len(theirs):
        sys.exit(f"{len(theirs)} steps expected, {len(ours)} recomputed")
    worst = 0.0
    for mine, other in zip(ours, theirs):
        if mine["ts"] != other["ts"].removesuffix("Z"):
            sys.exit(f"time {other['ts']} expected, {mine['ts']} recomputed")
        for target in manifest["targets"]:
            gap = abs(mine[target] - other[target]) / max(abs(other[target]), 1e-12)
            worst = max(worst, gap)
    print(f"{len(ours)} steps, largest relative difference {worst:.2e}")
    if not worst <= TOLERANCE:
        sys.exit(1)


def context_of(manifest, request):
    """Time of the last row, and the model's rows x columns, in time order."""
    data = request["data"]
    names = [request.get("index_col"), "ts", "timestamp", "time", "date"]
    times = next(data[name] for name in names if name in data)
    times_ms = np.array([to_ms(text) for text in times])
    order = np.argsort(times_ms)
    rows = np.array([data[name] for name in manifest["columns"]], dtype=np.float64).T[order]
    means = np.array([manifest["means"][name] for name in manifest["columns"]])
    for row in range(len(rows)):
        # as at serving: the last value, else the mean of the train part
        rows[row] = np.where(np.isnan(rows[row]), rows[row - 1] if row else means, rows[row])
    if len(rows) < manifest["input_rows"]:
        sys.exit(f"{len(rows)} rows given, the model needs {manifest['input_rows']}")
    return int(times_ms[order][-1]), rows[-manifest["input_rows"] :]


def to_ms(text):
    time = datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return round(time.timestamp() * 1000)


def recompute(manifest, weights, last_ms, rows, horizon):
    """The forecast, horizon x targets, in original units."""
    family = manifest["model_type"]
    places = [manifest["columns"].index(target) for target in manifest["targets"]]
    if family in ("PERSISTENCE", "SEASONAL_NAIVE"):
        return rows[np.arange(horizon) % len(rows)][:, places]
    if family == "RIDGE":
        z = ridge(manifest, weights, last_ms, rows)
    else:
        z = recurrent(manifest, weights, inputs_of(manifest, last_ms, rows))
    steps = min(horizon, manifest["output_rows"])
    head = np.empty((steps, len(places)))
    for step in range(steps):
        for i, output in enumerate(manifest["outputs"]):
            residuals = weights["residuals"][step, i]
            head[step, i] = invert(output, z[step, i] + residuals).mean()
    return np.vstack([head, beyond(manifest, last_ms, rows, places, head, horizon)])


def inputs_of(manifest, last_ms, rows):
    """Standardised inputs, rows x width: measured columns, then calendar."""
    columns = [bend_column(t, rows[:, i]) for i, t in enumerate(manifest["inputs"])]
    back = np.arange(len(rows))[::-1]
    times_ms = last_ms - back * manifest["step_ms"]
    count = len(manifest.get("calendar_inputs", []))
    calendar = np.array([calendar_of(int(ms))[:count] for ms in times_ms]).reshape(len(rows), count)
    return np.hstack([np.array(columns).T, calendar])


def bend_column(transform, x):
    if transform["kind"] == "log1p":
        x = np.sign(x) * np.log1p(np.abs(x) / transform["unit"])
    return (x - transform["mean"]) / transform["sd"]


def calendar_of(ms):
    minute, day = ms // 60_000 % 1440, ms // DAY_MS
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
    turns = [minute / 1440, date.weekday() / 7, date.timetuple().tm_yday / 365.25]
    return [f(2 * np.pi * turn) for turn in turns for f in (np.sin, np.cos)]


def forward(output, y):
    if output["link"] == "sqrt":
        y = np.sign(y) * np.sqrt(np.abs(y) / output["unit"])
    elif output["link"] == "log1p":
        y = np.sign(y) * np.log1p(np.abs(y) / output["unit"])
    return (y - output["mean"]) / output["sd"]


def invert(output, z):
    bent = np.clip(z, -Z_LIMIT, Z_LIMIT) * output["sd"] + output["mean"]
    if output["link"] == "sqrt":
        return output["unit"] * np.maximum(bent, 0) ** 2
    if output["link"] == "log1p":
        return output["unit"] * np.expm1(np.maximum(bent, 0))
    return bent


def ridge(manifest, weights, last_ms, rows):
    inputs = inputs_of(manifest, last_ms, rows)
    columns = len(manifest["columns"])
    lags = inputs[-manifest["lag_rows"] :, :columns].ravel()
    equation = np.concatenate([lags, inputs[-1, columns:], [1.0]])
    z = weights["coefficients"] @ equation
    return z.reshape(manifest["output_rows"], len(manifest["targets"]))


def recurrent(manifest, weights, inputs):
    sequence = inputs
    for layer in range(manifest["settings"]["num_layers"]):
        names = [f"rnn.{name}_l{layer}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        cell = gru if manifest["model_type"] == "GRU" else lstm
        sequence = cell(sequence, *[weights[name] for name in names])
    z = weights["head.weight"] @ sequence[-1] + weights["head.bias"]
    return z.reshape(manifest["output_rows"], len(manifest["targets"]))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(sequence, w_ih, w_hh, b_ih, b_hh):
    h = np.zeros(w_hh.shape[1])
    states = []
    for x in sequence:
        r_x, z_x, n_x = np.split(w_ih @ x + b_ih, 3)
        r_h, z_h, n_h = np.split(w_hh @ h + b_hh, 3)
        r, z = sigmoid(r_x + r_h), sigmoid(z_x + z_h)
        h = (1 - z) * np.tanh(n_x + r * n_h) + z * h
        states.append(h)
    return np.array(states)


def lstm(sequence, w_ih, w_hh, b_ih, b_hh):
    h = c = np.zeros(w_hh.shape[1])
    states = []
    for x in sequence:
        i, f, g, o = np.split(w_ih @ x + b_ih + w_hh @ h + b_hh, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states)


def beyond(manifest, last_ms, rows, places, head, horizon):
    """Steps after the head: season, fading level, and a seam that closes."""
    blend, step_ms = manifest["blend"], manifest["step_ms"]
    columns = []
    for i, (part, place) in enumerate(zip(blend["targets"], places)):
        output = part["transform"]
        times_ms = [last_ms - (len(rows) - 1 - row) * step_ms for row in range(len(rows))]
        seasons = np.array([season_at(part["profiles"], ms) for ms in times_ms])
        level = (forward(output, rows[:, place]) - seasons).mean()

        def at(step):
            left = part["level_gain"] * 0.5 ** (step / part["level_half_life_rows"])
            z = season_at(part["profiles"], last_ms + step * step_ms) + left * level
            return invert(output, z + np.array(part["residuals"])).mean()

        seam = head[-1, i] - at(len(head))
        floor = -np.inf if output["link"] == "identity" else 0.0
        steps = range(len(head) + 1, horizon + 1)
        fading = [0.5 ** ((step - len(head)) / blend["seam_half_life_rows"]) for step in steps]
        columns.append([max(at(step) + left * seam, floor) for step, left in zip(steps, fading)])
    return np.array(columns).T.reshape(-1, len(places))


def season_at(profiles, ms):
    weekday = (ms // DAY_MS + 3) % 7
    profile = profiles[min(int(weekday >= 5), len(profiles) - 1)]
    of_day = ms % DAY_MS / DAY_MS * len(profile)
    before = min(int(of_day), len(profile) - 1)
    share = of_day - before
    return profile[before] * (1 - share) + profile[(before + 1) % len(profile)] * share


if __name__ == "__main__":
    main()
