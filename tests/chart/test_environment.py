"""The program accepts every variable that a template sets, and knows each of them."""

import json
import os
import subprocess
import tempfile
import unittest
from functools import cache
from pathlib import Path

import chart

FLTS = os.environ.get("FLTS", "")
# variables of other software that FLTS pods may carry
NOT_OURS = {"TMP_NOTE"}


def run(arguments, environment):
    return subprocess.run([FLTS, *arguments], env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True, timeout=60)


@cache
def settings():
    return json.loads(run(["config", "--json"], {}).stdout)


def names():
    return set(settings())


def with_files(environment, folder):
    """Files under /run/secrets/flts lie in a folder here."""
    result = {}
    for name, value in environment.items():
        if value.startswith("/run/secrets/flts/"):
            path = Path(folder) / Path(value).name
            path.write_text(CERTIFICATE if value.endswith(".crt") else "a-secret-of-some-length")
            value = str(path)
        result[name] = "somebody" if value == "from" else value
    return result


# a certificate of nobody, valid for a hundred years
CERTIFICATE = (chart.HERE / "values/ca.pem").read_text()


@unittest.skipUnless(FLTS and Path(FLTS).exists(), "FLTS names no program: build it, or set FLTS")
class Environment(unittest.TestCase):
    def pods(self, later=False):
        for values in chart.MATRIX:
            if values.later == later:
                for app, template in chart.program_pods(values.name).items():
                    yield values.name, app, template

    def test_flts_config_accepts_the_environment_of_every_pod(self):
        seen = 0
        done = {}
        for name, app, template in self.pods():
            with self.subTest(name, app=app), tempfile.TemporaryDirectory() as folder:
                environment = chart.environment(name, template)
                key = json.dumps(environment, sort_keys=True)
                if key not in done:
                    done[key] = run(["config", "--json"], with_files(environment, folder))
                self.assertEqual(done[key].returncode, 0, done[key].stderr)
                seen += 1
        self.assertGreater(seen, 100)

    def test_every_variable_is_a_setting_that_the_program_knows(self):
        for name, app, template in self.pods():
            for variable in chart.environment(name, template):
                with self.subTest(name, app=app, variable=variable):
                    plain = variable.removesuffix("_FILE")
                    self.assertTrue(plain in names() or variable in names() | NOT_OURS or variable in ALIASES, "unknown: it would be ignored")

    def test_a_misspelt_setting_is_found(self):
        self.assertNotIn("KAFKA_BOOTSTRAP_SERVER", names())
        self.assertEqual(run(["config"], {"ROLES": "inferense"}).returncode, 78)

    def test_every_pod_runs_a_command_that_the_program_has(self):
        commands = {template["spec"]["containers"][0]["args"][0] for _, _, template in self.pods()}
        self.assertEqual(commands, {"run", "preprocess", "topics", "buckets"})
        for command in commands:
            self.assertEqual(run([command, "--help"], {}).returncode, 0, command)

    def test_what_the_program_lacks_is_what_the_chart_says_it_lacks(self):
        """Fails on the day on which the program has a family or MLflow and `program` in values.yaml does not say so."""
        program = chart.yaml.safe_load((chart.CHART / "values.yaml").read_text())["program"]
        for variable, known in (("ROLES", program["roles"]), ("MODEL_TYPE", program["families"])):
            for word in known:
                self.assertEqual(run(["config"], {variable: word}).returncode, 0, word)
        for variable, word in (("MODEL_TYPE", "PROPHET"), ("MLFLOW_TRACKING_URI", "http://mlflow:5000")):
            lacking = run(["config"], {variable: word}).returncode != 0
            listed = word in program["roles"] + program["families"] or (variable.startswith("MLFLOW") and program["mlflow"])
            self.assertEqual(lacking, not listed, f"{variable}={word}: say so in `program` of values.yaml")


# names of the Python FLTS, which the program reads as another setting (docs/migration.md)
ALIASES = {"QUEUE_WORKERS", "PROMOTION_BUCKET"}

if __name__ == "__main__":
    unittest.main()
