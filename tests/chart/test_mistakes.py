"""Wrong values are refused, with a sentence that names them."""

import unittest

import chart

PRODUCTION = ("values-production.yaml",)

WRONG = [
    ("a word that is not there", (), ("pods.inference.replcas=3",), "replcas"),
    ("a key that is not there", (), ("infrence.replicas=3",), "infrence"),
    ("text for a number", (), ("pods.inference.replicas=three",), "replicas"),
    ("a kind that is not there", (), ("pods.inference.kind=Deploy",), "kind"),
    ("a role that is not there", (), ("pods.inference.roles={inferense}",), "roles"),
    ("a layout that is not there", (), ("layout=splitt",), "layout"),
    ("a node port outside of its range", (), ("mlflow.service.nodePort=80",), "nodePort"),
    ("a broker without a port", (), ("kafka.bootstrapServers=kafka",), "bootstrapServers"),
    ("a store without a scheme", (), ("store.endpoint=minio:9000",), "endpoint"),
    ("a quantity that is none", (), ("inference.resources.limits.memory=4 GB",), "memory"),
    ("a schedule that is none", (), ("preprocess.enabled=true", "pods.preprocess.schedule=daily"), "schedule"),
    ("a setting in small letters", (), ("settings.log_level=debug",), "log_level"),
    ("root", (), ("pods.inference.uid=0",), "uid"),
    ("a password in the values", (), ("kafka.password=secret",), "password"),
    ("no broker", (), ("layout=split",), "no broker that they share. Set kafka.bootstrapServers"),
    ("no store", (), ("layout=split", "kafka.bootstrapServers=kafka:9092"), "no object store that they share. Set store.endpoint"),
    ("several pods with a store each", (), ("pods.flts.replicas=2",), "would have a broker and a store of its own"),
    ("a login without a name", (), ("layout=split", "kafka.bootstrapServers=k:9092", "store.aws=true", "kafka.securityProtocol=SASL_SSL", "kafka.saslMechanism=PLAIN"), "needs a login. Set kafka.existingSecret"),
    ("a login without a mechanism", PRODUCTION, ("kafka.saslMechanism=",), "which needs kafka.saslMechanism"),
    ("an autoscaler of a StatefulSet", (), ("pods.flts.autoscaling.kind=hpa",), "only a Deployment can be scaled"),
    ("KEDA without Prometheus", PRODUCTION, ("pods.inference.autoscaling.kind=keda", "keda.prometheusAddress="), "Set keda.prometheusAddress"),
    ("fewer at most than at least", PRODUCTION, ("pods.inference.autoscaling.minReplicas=30",), "larger than maxReplicas"),
    ("a route without a gateway", (), ("gateway.enabled=true",), "Set gateway.parentRefs"),
    ("an ingress to nothing", PRODUCTION, ("pods.inference.enabled=false",), "no pod answers forecasts"),
    ("a read token that nobody makes", (), ("tokens.readTokenKey=read-token",), "Set tokens.existingSecret"),
    ("a secret among the settings", (), ("settings.ADMIN_TOKEN=abc",), "is a secret, and settings go into a ConfigMap"),
    ("two brokers with one vote", ("values-platform.yaml",), ("pods.kafka.replicas=3",), "Use Strimzi"),
    ("other software without an image", (), ("pods.cache.software=redis", "pods.cache.layouts={single}"), "has no image"),
    ("a peer that is not there", (), ("pods.flts.connects.redis={api}",), "names redis, and there is no such pod"),
]


class Mistakes(unittest.TestCase):
    def test_wrong_values_are_refused_with_what_is_wrong(self):
        for what, files, sets, said in WRONG:
            with self.subTest(what):
                run = chart.template(chart.Values(what, files, sets))
                self.assertNotEqual(run.returncode, 0, "it was rendered")
                self.assertIn(said, run.stderr)
                self.assertNotIn("nil pointer", run.stderr)

    def test_all_mistakes_are_told_at_once(self):
        run = chart.template(chart.Values("two", (), ("layout=split", "gateway.enabled=true")))
        for said in ("kafka.bootstrapServers", "store.endpoint", "gateway.parentRefs"):
            self.assertIn(said, run.stderr)

    def test_every_property_of_the_schema_has_a_sentence(self):
        import json

        def walk(node, path):
            for key, value in node.get("properties", {}).items():
                if "$ref" not in value and value.get("not") is None:
                    self.assertTrue(value.get("description"), f"{path}.{key}")
                walk(value, f"{path}.{key}")

        schema = json.loads((chart.CHART / "values.schema.json").read_text())
        walk(schema, "values")
        for name, definition in schema["definitions"].items():
            walk(definition, name)

    def test_the_schema_knows_every_key_of_the_values(self):
        import json

        schema = json.loads((chart.CHART / "values.schema.json").read_text())
        values = chart.yaml.safe_load((chart.CHART / "values.yaml").read_text())
        self.assertLessEqual(set(values), set(schema["properties"]))

    def test_the_table_of_values_is_that_of_the_values(self):
        import values_table

        path, text = values_table.readme()
        self.assertEqual(path.read_text(), text, "tests/chart/values_table.py writes it anew")

    def test_every_value_has_a_sentence(self):
        import values_table

        values = chart.yaml.safe_load((chart.CHART / "values.yaml").read_text())
        described = {path for path, _ in values_table.described((chart.CHART / "values.yaml").read_text())}

        def walk(node, path):
            if path in described or path.startswith("pods"):
                return
            self.assertIsInstance(node, dict, f"{path} has no comment")
            for key, value in node.items():
                walk(value, f"{path}.{key}" if path else key)

        walk(values, "")


if __name__ == "__main__":
    unittest.main()
