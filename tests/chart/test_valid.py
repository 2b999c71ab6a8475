"""Validators accept what is rendered: helm lint, kubeconform with the schemas of Kubernetes and of custom resources, kubernetes-validate."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import chart

# kinds that no schema here knows: the cloud's own, and those of operators
WITHOUT_SCHEMA = ("ExternalSecret", "BackendConfig")
CUSTOM = ("ScaledObject", "ServiceMonitor", "PodMonitor", "PrometheusRule", "HTTPRoute")


def kubeconform(text):
    schemas = chart.TOOLS / "schemas"
    command = [str(chart.TOOLS / "bin" / "kubeconform"), "-strict", "-summary", "-output", "json", "-kubernetes-version", "1.34.2",
               "-skip", ",".join(WITHOUT_SCHEMA),
               "-schema-location", str(schemas) + "/{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json",
               "-schema-location", str(schemas) + "/crds/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json", "-"]
    run = subprocess.run(command, input=text, capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


class Valid(unittest.TestCase):
    def test_helm_lint_accepts_every_set_of_values(self):
        for values in chart.MATRIX:
            with self.subTest(values.name):
                run = chart.helm("lint", "--strict", "--namespace", chart.NAMESPACE, str(chart.CHART), *chart.arguments(values))
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_kubeconform_accepts_every_set_of_values(self):
        kinds = set()
        for values in chart.MATRIX:
            with self.subTest(values.name):
                code, answer = kubeconform(chart.text(values.name))
                self.assertEqual(code, 0, answer)
                self.assertEqual(json.loads(answer)["summary"]["errors"], 0)
                kinds |= {one["kind"] for one in chart.objects(values.name)}
        self.assertLessEqual(set(CUSTOM), kinds, "no set of values renders them")

    def test_kubeconform_refuses_a_wrong_field(self):
        text = chart.text("production").replace("readinessProbe:", "readProbe:", 1)
        self.assertEqual(kubeconform(text)[0], 1)
        text = chart.text("production-keda").replace("pollingInterval: 15", "pollingInterval: often")
        self.assertEqual(kubeconform(text)[0], 1)

    def test_kubernetes_validate_accepts_the_layouts_on_three_versions(self):
        tool = Path(sys.executable).parent / "kubernetes-validate"
        for name in ("single", "platform", "production"):
            known = [one for one in chart.objects(name) if one["kind"] not in CUSTOM + WITHOUT_SCHEMA]
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                chart.yaml.safe_dump_all(known, file)
                file.flush()
                for version in ("1.28", "1.31", "1.34"):
                    with self.subTest(name, version=version):
                        run = subprocess.run([tool, "--strict", "-k", version, file.name], capture_output=True, text=True)
                        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
