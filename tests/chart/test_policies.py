"""A table of who must reach whom, and who must not, against the rendered NetworkPolicies."""

import unittest

import chart
from policies import Peer, allowed


def namespace(name):
    return (("kubernetes.io/metadata.name", name),)


ELSEWHERE = {
    "dns": Peer("dns", "10.96.0.10", "kube-system", (("k8s-app", "kube-dns"),), namespace("kube-system")),
    "node-local-dns": Peer("node-local-dns", "169.254.20.10"),
    "ingress-nginx": Peer("ingress-nginx", "10.244.9.1", "ingress-nginx", (("app", "ingress-nginx"),), namespace("ingress-nginx")),
    "monitoring": Peer("monitoring", "10.244.9.2", "monitoring", (("app.kubernetes.io/name", "prometheus"),), namespace("monitoring")),
    "their-grafana": Peer("their-grafana", "10.244.9.3", "monitoring", (("app.kubernetes.io/name", "grafana"),), namespace("monitoring")),
    "strimzi": Peer("strimzi", "10.244.9.4", "kafka", (("app", "broker"),), namespace("kafka")),
    "stranger": Peer("stranger", "10.244.9.5", "default", (("app", "inference"),), namespace("default")),
    # in the namespace, but not of the release
    "neighbour": Peer("neighbour", "10.244.1.200", "flts", (("app", "shell"),), namespace("flts")),
    # carries the label of a pod of the release, but not its instance
    "impostor": Peer("impostor", "10.244.1.201", "flts", (("app", "inference"),), namespace("flts")),
    "haproxy": Peer("haproxy", "10.244.1.202", "flts", (("app", "inference-lb"),), namespace("flts")),
    "s3": Peer("s3", "10.20.3.4"),
    "internet": Peer("internet", "93.184.216.34"),
    "metadata": Peer("metadata", "169.254.169.254"),
    "kubernetes": Peer("kubernetes", "10.96.0.1"),
    "msk": Peer("msk", "10.0.3.7"),
    "alb": Peer("alb", "10.0.4.4"),
    "client": Peer("client", "203.0.113.9"),
}


def world(name):
    peers = dict(ELSEWHERE)
    for number, (app, (_, template)) in enumerate(sorted(chart.workloads(name).items()), 1):
        peers[app] = Peer(app, f"10.244.1.{number}", "flts", tuple(template["metadata"]["labels"].items()), namespace("flts"))
    return peers, [one for one in chart.objects(name) if one["kind"] == "NetworkPolicy"]


PLATFORM_NEEDS = [
    *[(app, "kafka", 9092) for app in ("inference", "eval", "train-gru", "train-lstm", "nonml-prophet", "preprocess", "init-topics")],
    *[(app, "minio", 9000) for app in ("inference", "eval", "train-gru", "train-lstm", "nonml-prophet", "preprocess", "fastapi-app", "init-buckets", "mlflow", "prometheus")],
    ("kafka", "kafka", 9092), ("kafka", "kafka", 9093),
    ("mlflow", "mlflow-postgres", 5432),
    ("prometheus", "inference", 8000), ("prometheus", "eval", 8050), ("prometheus", "train-gru", 8000), ("prometheus", "train-lstm", 8000), ("prometheus", "nonml-prophet", 8000), ("prometheus", "fastapi-app", 8000),
    ("grafana", "prometheus", 9090),
    ("locust-worker", "locust-master", 5557), ("locust-worker", "inference", 8000), ("locust-worker", "fastapi-app", 8000),
    ("client", "inference", 8000), ("haproxy", "inference", 8000),
    ("flts-test", "inference", 8000), ("flts-test", "eval", 8050), ("flts-test", "minio", 9000), ("flts-test", "minio", 9001), ("flts-test", "mlflow", 5000),
    ("flts-test", "grafana", 3000), ("flts-test", "prometheus", 9090), ("flts-test", "kafka", 9092), ("flts-test", "mlflow-postgres", 5432),
]
PLATFORM_REFUSES = [
    ("inference", "mlflow-postgres", 5432), ("inference", "grafana", 3000), ("inference", "eval", 8050), ("inference", "kafka", 9093),
    ("train-gru", "inference", 8000), ("stranger", "fastapi-app", 8000), ("client", "fastapi-app", 8000), ("eval", "mlflow-postgres", 5432), ("mlflow", "kafka", 9092), ("grafana", "minio", 9000), ("grafana", "inference", 8000),
    ("locust-worker", "kafka", 9092), ("locust-worker", "minio", 9000), ("init-buckets", "kafka", 9092), ("init-topics", "mlflow-postgres", 5432),
    ("stranger", "kafka", 9092), ("stranger", "minio", 9000), ("stranger", "mlflow-postgres", 5432), ("stranger", "eval", 8050),
    ("neighbour", "kafka", 9092), ("neighbour", "minio", 9000), ("impostor", "minio", 9000), ("impostor", "kafka", 9092),
    ("client", "eval", 8050), ("client", "kafka", 9092), ("client", "minio", 9000), ("client", "grafana", 3000),
    ("inference", "internet", 443), ("eval", "kubernetes", 443), ("train-gru", "metadata", 80), ("kafka", "internet", 443), ("minio", "internet", 443), ("mlflow", "internet", 443),
    ("monitoring", "minio", 9000),
]
PRODUCTION_NEEDS = [
    ("ingress-nginx", "inference", 8000),
    *[("monitoring", app, port) for app, port in (("inference", 8000), ("eval", 8050), ("train-gru", 8000), ("train-lstm", 8000), ("nonml-prophet", 8000), ("fastapi-app", 8000))],
    *[(app, "strimzi", 9093) for app in ("inference", "eval", "train-gru", "train-lstm", "nonml-prophet", "preprocess", "init-topics")],
    *[(app, "s3", 443) for app in ("inference", "eval", "train-gru", "train-lstm", "nonml-prophet", "preprocess", "fastapi-app", "init-store")],
]
PRODUCTION_REFUSES = [
    ("stranger", "inference", 8000), ("neighbour", "inference", 8000), ("client", "inference", 8000), ("haproxy", "inference", 8000),
    ("ingress-nginx", "eval", 8050), ("ingress-nginx", "train-gru", 8000), ("their-grafana", "inference", 8000),
    ("inference", "internet", 443), ("inference", "strimzi", 9092), ("inference", "s3", 80), ("inference", "metadata", 80), ("inference", "kubernetes", 443),
    ("train-gru", "inference", 8000), ("eval", "inference", 8000), ("preprocess", "internet", 80), ("inference", "their-grafana", 3000),
    ("monitoring", "inference", 9090),
]
GKE_NEEDS = [(app, "minio", 9000) for app in ("inference", "eval", "train-gru", "preprocess", "init-buckets")] + [("inference", "internet", 9092)]
GKE_REFUSES = [("inference", "internet", 443), ("stranger", "minio", 9000), ("client", "minio", 9000), ("minio", "internet", 443), ("init-buckets", "internet", 9092),
               ("inference", "internet", 9093), ("neighbour", "minio", 9001), ("client", "inference", 8000), ("train-gru", "minio", 9001), ("eval", "inference", 8000)]
EKS_NEEDS = [("inference", "internet", 443), ("eval", "internet", 443), ("inference", "msk", 9096), ("alb", "inference", 8000)]
EKS_REFUSES = [("inference", "internet", 80), ("inference", "kubernetes", 443), ("inference", "metadata", 443), ("inference", "metadata", 80), ("inference", "internet", 9096),
               ("alb", "eval", 8050), ("client", "inference", 8000), ("stranger", "inference", 8000), ("inference", "stranger", 443), ("train-gru", "inference", 8000)]
SINGLE_NEEDS = [("haproxy", "flts", 8000), ("flts-test", "flts", 8000)]
SINGLE_REFUSES = [(other, "flts", 8000) for other in ("stranger", "neighbour", "impostor", "client", "monitoring")] + [("flts", other, 443) for other in ("internet", "kubernetes", "s3")] + [("flts", "metadata", 80), ("client", "flts", 9000)]


class Policies(unittest.TestCase):
    def check(self, name, needs, refuses):
        peers, policies = world(name)
        self.assertGreaterEqual(len(refuses), 10)
        for table, wanted in ((needs, True), (refuses, False)):
            for source, target, port in table:
                with self.subTest(name, source=source, target=target, port=port):
                    self.assertIs(allowed(policies, peers[source], peers[target], port), wanted)

    def test_platform(self):
        self.check("platform", PLATFORM_NEEDS, PLATFORM_REFUSES)

    def test_production(self):
        self.check("production", PRODUCTION_NEEDS, PRODUCTION_REFUSES)

    def test_gke(self):
        self.check("gke", GKE_NEEDS, GKE_REFUSES)

    def test_eks(self):
        self.check("eks", EKS_NEEDS, EKS_REFUSES)

    def test_single(self):
        self.check("single", SINGLE_NEEDS, SINGLE_REFUSES)

    def test_every_pod_has_a_policy_and_reaches_dns(self):
        for values in chart.MATRIX:
            if values.name == "single-without-policies":
                continue
            peers, policies = world(values.name)
            covered = [one["spec"]["podSelector"]["matchLabels"]["app"] for one in policies]
            for app in chart.workloads(values.name):
                with self.subTest(values.name, app=app):
                    self.assertEqual(covered.count(app), 1)
                    self.assertTrue(allowed(policies, peers[app], peers["dns"], 53, "UDP"))
                    self.assertTrue(allowed(policies, peers[app], peers["dns"], 53, "TCP"))
                    self.assertTrue(allowed(policies, peers[app], peers["node-local-dns"], 53, "UDP"))
                    self.assertFalse(allowed(policies, peers[app], peers["dns"], 8080))

    def test_the_node_ports_of_the_report_are_open_and_others_are_not(self):
        peers, policies = world("complete")
        for target, port in (("mlflow", 5000), ("minio", 9000), ("minio", 9001), ("inference", 8000)):
            self.assertTrue(allowed(policies, peers["client"], peers[target], port), target)
        for target, port in (("kafka", 9092), ("mlflow-postgres", 5432), ("eval", 8050), ("grafana", 3000), ("prometheus", 9090)):
            self.assertFalse(allowed(policies, peers["client"], peers[target], port), target)

    def test_the_policy_of_the_report_has_its_name(self):
        self.assertIn("inference-network-policy", chart.names("complete", "NetworkPolicy"))

    def test_whatever_connects_within_the_release_is_allowed_at_both_ends(self):
        """Addresses in the environment of a pod, against the policies."""
        for name in ("platform", "complete", "platform-future", "gke", "aks"):
            peers, policies = world(name)
            services = {one["metadata"]["name"]: one["spec"] for one in chart.objects(name) if one["kind"] == "Service"}
            for app, (_, template) in chart.workloads(name).items():
                text = " ".join([*chart.environment(name, template).values(), *template["spec"]["containers"][0].get("args", [])])
                for service, spec in services.items():
                    for port in spec["ports"]:
                        address = f"{service}:{port['port']}"
                        if app == spec["selector"]["app"] or f"//{address}" not in text and f"@{address}" not in text and f" {address} " not in f" {text} ":
                            continue
                        if app == "locust-master":
                            continue
                        target = peers[spec["selector"]["app"]]
                        number = {one["name"]: one["containerPort"] for one in chart.workloads(name)[target.name][1]["spec"]["containers"][0]["ports"]}[port["targetPort"]]
                        with self.subTest(name, app=app, address=address):
                            self.assertTrue(allowed(policies, peers[app], target, number))


if __name__ == "__main__":
    unittest.main()
