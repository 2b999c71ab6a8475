"""What the chart promises of its objects: names, security, stopping, scaling, secrets by reference."""

import re
import unittest
from functools import cache

import chart

LAYOUTS = ("single", "platform", "complete", "original", "production", "eks", "gke", "aks")
EVERY = [values.name for values in chart.MATRIX]


def containers(template):
    return template["spec"].get("initContainers", []) + template["spec"]["containers"]


class Security(unittest.TestCase):
    def test_every_pod_meets_the_restricted_standard(self):
        allowed = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret", "csi", "downwardAPI", "ephemeral"}
        for name in EVERY:
            for app, (_, template) in chart.workloads(name).items():
                with self.subTest(name, app=app):
                    spec = template["spec"]
                    self.assertTrue(spec["securityContext"]["runAsNonRoot"])
                    self.assertGreater(spec["securityContext"]["runAsUser"], 0)
                    self.assertEqual(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault")
                    for forbidden in ("hostNetwork", "hostPID", "hostIPC"):
                        self.assertNotIn(forbidden, spec)
                    for volume in spec.get("volumes", []):
                        self.assertLessEqual(set(volume) - {"name"}, allowed)
                    for container in containers(template):
                        context = container["securityContext"]
                        self.assertIs(context["allowPrivilegeEscalation"], False)
                        self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
                        self.assertNotIn("hostPort", str(container.get("ports")))

    def test_no_root_file_system_can_be_written_but_that_of_kafka(self):
        for name in EVERY:
            for app, (_, template) in chart.workloads(name).items():
                for container in containers(template):
                    self.assertEqual(container["securityContext"]["readOnlyRootFilesystem"], app != "kafka", f"{name} {app}")

    def test_no_pod_has_a_token_of_kubernetes_or_the_variables_of_services(self):
        for name in EVERY:
            for app, (_, template) in chart.workloads(name).items():
                self.assertIs(template["spec"]["automountServiceAccountToken"], False)
                self.assertIs(template["spec"]["enableServiceLinks"], False)

    def test_secrets_are_references_only(self):
        secret = re.compile(r"(PASSWORD|SECRET|TOKEN)(_|$)")
        for name in EVERY:
            for app, (_, template) in chart.workloads(name).items():
                for container in containers(template):
                    for one in container.get("env", []):
                        if secret.search(one["name"]) and "value" in one and not one["name"].endswith("_FILE"):
                            self.assertRegex(one["value"], r"\$\(", f"{name} {app} {one['name']}")
            for one in chart.objects(name):
                if one["kind"] == "ConfigMap":
                    for key, value in one["data"].items():
                        self.assertFalse(secret.search(key) and value, f"{name} {one['metadata']['name']} {key}")

    def test_a_secret_is_made_only_where_the_values_allow_it(self):
        self.assertEqual(chart.names("production", "Secret"), [])
        self.assertEqual(chart.names("platform-own-secrets", "Secret"), [])
        self.assertEqual(chart.names("single", "Secret"), ["flts-tokens"])
        self.assertEqual(chart.names("platform", "Secret"), ["flts-tokens", "grafana-admin", "minio-root-credentials", "mlflow-credentials", "mlflow-postgres-credentials"])

    def test_every_secret_that_a_pod_needs_is_made_or_named_in_the_values(self):
        for name in ("single", "platform", "complete", "gke", "aks"):
            made = set(chart.names(name, "Secret"))
            for app, (_, template) in chart.workloads(name).items():
                needed = set(re.findall(r"'secretKeyRef': \{[^}]*'name': '([^']+)'", str(template))) | set(re.findall(r"\{'secret': \{[^}]*'name': '([^']+)'\}", str(template)))
                self.assertLessEqual(needed - {"flts-kafka", "flts-tokens"}, made, f"{name} {app}")


class Pods(unittest.TestCase):
    def test_selectors_find_the_pods_of_their_own_workload_and_no_others(self):
        for name in EVERY:
            labels = {app: template["metadata"]["labels"] for app, (_, template) in chart.workloads(name).items()}
            for one in chart.objects(name):
                selector = None
                if one["kind"] in ("Deployment", "StatefulSet", "PodDisruptionBudget"):
                    selector = one["spec"]["selector"]["matchLabels"]
                elif one["kind"] == "Service":
                    selector = one["spec"]["selector"]
                if selector:
                    found = [app for app, own in labels.items() if selector.items() <= own.items()]
                    self.assertEqual(len(found), 1, f"{name} {one['kind']} {one['metadata']['name']} selects {found}")

    def test_ports_of_services_and_probes_are_ports_of_the_container(self):
        for name in EVERY:
            ports = {app: {port["name"] for container in containers(template) for port in container.get("ports", [])} for app, (_, template) in chart.workloads(name).items()}
            for one in chart.objects(name):
                if one["kind"] == "Service":
                    for port in one["spec"]["ports"]:
                        self.assertIn(port["targetPort"], ports[one["spec"]["selector"]["app"]], f"{name} {one['metadata']['name']}")
            for app, (_, template) in chart.workloads(name).items():
                for probe in re.findall(r"'port': '([a-z]+)'", str(template)):
                    self.assertIn(probe, ports[app], f"{name} {app}")

    def test_references_to_config_maps_and_claims_have_their_object(self):
        elsewhere = {"site-settings"}
        for name in EVERY:
            maps, claims = set(chart.names(name, "ConfigMap")), set(chart.names(name, "PersistentVolumeClaim"))
            for app, (_, template) in chart.workloads(name).items():
                used = set(re.findall(r"'(?:configMap|configMapRef)': \{[^{}]*'name': '([^']+)'", str(template)))
                self.assertLessEqual(used - elsewhere, maps, f"{name} {app}")
                self.assertLessEqual(set(re.findall(r"'claimName': '([^']+)'", str(template))), claims)

    def test_flts_has_three_probes_on_three_paths(self):
        for name in EVERY:
            for app, template in chart.program_pods(name).items():
                container = template["spec"]["containers"][0]
                if container["args"] == ["run"]:
                    paths = [container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
                    self.assertEqual(paths, ["/healthz", "/livez", "/readyz"], f"{name} {app}")
                    start = container["startupProbe"]
                    self.assertGreaterEqual(start["periodSeconds"] * start["failureThreshold"], 300)

    def test_a_pod_gets_more_time_than_its_notice_and_drain(self):
        for name in EVERY:
            for app, template in chart.program_pods(name).items():
                environment = chart.environment(name, template)
                drain_s = (int(environment["DRAIN_NOTICE_MS"]) + int(environment["DRAIN_TIMEOUT_MS"])) / 1000
                self.assertGreaterEqual(template["spec"]["terminationGracePeriodSeconds"], drain_s + 5, f"{name} {app}")
        drain = {app: template["spec"]["terminationGracePeriodSeconds"] for app, template in chart.program_pods("production-drain").items()}
        self.assertEqual((drain["inference"], drain["eval"]), (145, 35))

    def test_a_change_of_the_settings_starts_new_pods(self):
        def checksums(name):
            return {app: template["metadata"]["annotations"]["checksum/config"] for app, template in chart.program_pods(name).items()}

        before, after = checksums("production"), checksums("production-certificates")
        self.assertTrue(before)
        for app in before:
            self.assertNotEqual(before[app], after[app])

    def test_numbers_keep_their_digits(self):
        self.assertEqual(chart.find("production-certificates", "ConfigMap", "flts-config")["data"]["MAX_BODY_BYTES"], "104857600")
        self.assertEqual(chart.find("production-more-settings", "ConfigMap", "flts-config")["data"]["MAX_CELLS"], "200000000")
        self.assertEqual(chart.find("production-more-settings", "ConfigMap", "flts-config")["data"]["PROMOTION_MARGIN"], "0.02")

    def test_one_template_makes_every_workload(self):
        source, found = None, set()
        for document in chart.text("platform").split("\n---\n"):
            source = (re.findall(r"# Source: (\S+)", document) or [source])[-1]
            if re.search(r"(?m)^kind: (Deployment|StatefulSet|Job|CronJob)$", document):
                found.add(source)
        self.assertEqual(found, {"flts/templates/workloads.yaml"})

    def test_variables_that_others_use_stand_before_them(self):
        for name in EVERY:
            for app, (_, template) in chart.workloads(name).items():
                for container in containers(template):
                    seen = set()
                    for one in container.get("env", []):
                        for used in re.findall(r"\$\(([A-Z_]+)\)", one.get("value", "")):
                            self.assertIn(used, seen, f"{name} {app} {one['name']}")
                        seen.add(one["name"])

    def test_the_evaluator_waits_for_the_families_that_are_trained_here(self):
        def expected(name):
            return chart.environment(name, chart.program_pods(name)["eval"])["EXPECTED_MODEL_TYPES"]

        for name in ("platform", "complete", "production"):
            self.assertEqual(expected(name), "GRU,LSTM,PROPHET")
        self.assertEqual(expected("original"), "GRU,PROPHET")
        self.assertEqual(expected("platform-older-image"), "GRU,LSTM")

    def test_each_trainer_of_the_report_trains_its_family(self):
        for name in ("platform", "complete", "production"):
            trained = {}
            for app, template in chart.program_pods(name).items():
                environment = chart.environment(name, template)
                if environment.get("ROLES") == "trainer":
                    trained[app] = environment["MODEL_TYPE"]
            self.assertEqual(trained, {"train-gru": "GRU", "train-lstm": "LSTM", "nonml-prophet": "PROPHET"})

    def test_the_pod_of_layout_single_has_every_role(self):
        roles = chart.environment("single", chart.workloads("single")["flts"][1])["ROLES"]
        self.assertEqual(roles, "preprocess,trainer,evaluator,inference,gateway")


class Names(unittest.TestCase):
    """Names behind which the commands of the report work."""

    def test_the_workloads_have_the_names_of_the_report(self):
        deployments = {"inference", "eval", "train-gru", "train-lstm", "nonml-prophet", "fastapi-app", "prometheus", "grafana", "minio", "mlflow", "mlflow-postgres", "locust-master", "locust-worker"}
        for name in ("platform", "complete"):
            self.assertEqual(set(chart.names(name, "Deployment")), deployments)
            self.assertEqual(chart.names(name, "StatefulSet"), ["kafka"])
            self.assertEqual(chart.names(name, "CronJob"), ["preprocess"])

    def test_an_image_without_a_role_or_a_family_gets_no_pod_for_it(self):
        without = set(chart.names("platform", "Deployment")) - set(chart.names("platform-older-image", "Deployment"))
        self.assertEqual(without, {"nonml-prophet", "fastapi-app"})

    def test_the_services_have_the_names_of_the_report(self):
        for name in ("platform", "complete"):
            self.assertLessEqual({"mlflow", "minio", "fastapi-app", "grafana", "prometheus", "kafka", "inference", "inference-lb", "eval", "locust-master"}, set(chart.names(name, "Service")))

    def test_inference_lb_is_a_load_balancer_on_80(self):
        service = chart.find("complete", "Service", "inference-lb")
        self.assertEqual((service["spec"]["type"], service["spec"]["ports"][0]["port"], service["spec"]["ports"][0]["targetPort"]), ("LoadBalancer", 80, "http"))

    def test_the_container_of_inference_has_its_name_and_label(self):
        for app in ("inference", "eval"):
            template = chart.workloads("complete")[app][1]
            self.assertEqual(template["spec"]["containers"][0]["name"], app)
            self.assertEqual(template["metadata"]["labels"]["app"], app)

    def test_the_values_of_the_report_open_its_node_ports(self):
        def ports(service):
            found = chart.find("complete", "Service", service)
            return found["spec"]["type"], {port["port"]: port.get("nodePort") for port in found["spec"]["ports"]}

        self.assertEqual(ports("mlflow"), ("NodePort", {5000: 30500}))
        self.assertEqual(ports("minio"), ("NodePort", {9000: 30900, 9001: 30901}))
        self.assertEqual(ports("inference"), ("ClusterIP", {8000: None}))
        self.assertEqual(ports("eval"), ("ClusterIP", {8050: None}))

    def test_eval_listens_where_its_service_sends(self):
        for name, port in (("complete", 8050), ("original", 8051)):
            service = chart.find(name, "Service", "eval")["spec"]["ports"][0]
            container = chart.workloads(name)["eval"][1]["spec"]["containers"][0]
            listened = int(chart.environment(name, chart.workloads(name)["eval"][1])["HTTP_ADDR"].split(":")[-1])
            self.assertEqual(service["port"], port)
            self.assertEqual([one["containerPort"] for one in container["ports"] if one["name"] == service["targetPort"]], [listened])

    def test_an_image_of_the_report_replaces_that_of_inference_alone(self):
        def image(name, app):
            return chart.workloads(name)[app][1]["spec"]["containers"][0]["image"]

        self.assertEqual(image("complete-image", "inference"), "registry.example/flts-inference:v1.0.0")
        self.assertEqual(image("complete-image", "eval"), "ghcr.io/flts/flts:0.1.0")
        self.assertEqual(image("complete-commit", "inference"), "ghcr.io/flts/flts:1234567")
        self.assertEqual(image("original", "inference"), "registry.example:5000/flts-inference:v2")
        self.assertEqual(image("production-digest", "eval"), "ghcr.io/flts/flts@sha256:" + "ab" * 32)

    def test_resources_of_the_report_are_taken(self):
        container = chart.workloads("complete")["inference"][1]["spec"]["containers"][0]
        self.assertEqual(container["resources"], {"requests": {"memory": "2Gi", "cpu": "1000m"}, "limits": {"memory": "4Gi", "cpu": "2000m"}})

    def test_a_key_that_is_false_removes_the_pod(self):
        self.assertNotIn("train-lstm", chart.names("original", "Deployment"))
        self.assertNotIn("grafana", chart.names("original", "Deployment"))

    def test_words_of_the_old_chart_are_understood(self):
        environment = chart.environment("original", chart.workloads("original")["inference"][1])
        self.assertEqual((environment["INFERENCE_LENGTH"], environment["QUEUE_WORKERS"]), ("30", "4"))
        self.assertIn("AWS_ACCESS_KEY_ID", chart.environment("original", chart.workloads("original")["mlflow"][1]))
        self.assertEqual(chart.find("original", "PersistentVolumeClaim", "minio-data")["spec"]["resources"]["requests"]["storage"], "50Gi")
        self.assertEqual(chart.find("original", "CronJob", "preprocess")["spec"]["schedule"], "*/30 * * * *")

    def test_prometheus_scrapes_a_job_of_the_name_eval(self):
        config = chart.yaml.safe_load(chart.find("complete", "ConfigMap", "prometheus-config")["data"]["prometheus.yml"])
        jobs = {job["job_name"]: job for job in config["scrape_configs"]}
        self.assertEqual(jobs["eval"]["dns_sd_configs"], [{"names": ["eval-pods"], "type": "A", "port": 8050}])
        self.assertEqual(chart.find("complete", "Service", "eval-pods")["spec"]["clusterIP"], "None")

    def test_locust_finds_its_file(self):
        data = chart.find("platform", "ConfigMap", "locust-config")["data"]
        self.assertIn("class PipelineUser", data["locustfile.py"])
        for app in ("locust-master", "locust-worker"):
            container = chart.workloads("platform")[app][1]["spec"]["containers"][0]
            self.assertEqual(container["args"][:2], ["-f", "/mnt/locust/locustfile.py"])
            self.assertIn("/mnt/locust", [mount["mountPath"] for mount in container["volumeMounts"]])

    def test_the_chart_has_the_locustfile_of_the_repository(self):
        self.assertEqual((chart.CHART / "files/locust/locustfile.py").read_text(), (chart.CHART.parent / "soak/locust/locustfile.py").read_text())

    def test_values_complete_is_the_report_word_for_word(self):
        text = (chart.CHART / "values-complete.yaml").read_text()
        self.assertIn("port: 8050  # CRITICAL: Must match template", text)
        self.assertIn("replicas: 2  # PRODUCTION: 3-10 recommended", text)


class Scaling(unittest.TestCase):
    def test_the_hpa_is_that_of_the_report(self):
        report = chart.yaml.safe_load((chart.HERE / "values/report-hpa.yaml").read_text())
        ours = chart.find("production", "HorizontalPodAutoscaler", "inference-hpa")
        self.assertEqual(ours["spec"], report["spec"])
        self.assertEqual((ours["apiVersion"], ours["metadata"]["name"]), (report["apiVersion"], report["metadata"]["name"]))

    def test_an_autoscaler_owns_the_number_of_pods(self):
        for name in ("production", "production-keda", "original"):
            self.assertNotIn("replicas", chart.find(name, "Deployment", "inference")["spec"])
        self.assertEqual(chart.find("platform", "Deployment", "inference")["spec"]["replicas"], 2)

    def test_keda_asks_for_the_lag(self):
        scaled = chart.find("production-keda", "ScaledObject", "inference-scaler")["spec"]
        self.assertIn("flts_kafka_lag", scaled["triggers"][0]["metadata"]["query"])
        self.assertEqual((scaled["minReplicaCount"], scaled["maxReplicaCount"]), (3, 20))
        self.assertEqual(chart.names("production-keda", "HorizontalPodAutoscaler"), [])

    def test_a_budget_leaves_room_for_a_drain(self):
        for name in EVERY:
            for one in chart.objects(name):
                if one["kind"] == "PodDisruptionBudget":
                    app = one["spec"]["selector"]["matchLabels"]["app"]
                    spec = chart.find(name, "Deployment", app)["spec"]
                    pods = spec.get("replicas", 3)
                    self.assertGreater(pods - one["spec"].get("minAvailable", 0), 0)
                    self.assertGreater(one["spec"].get("maxUnavailable", 1), 0)

    def test_a_rollout_of_inference_takes_no_pod_away_first(self):
        strategy = chart.find("production", "Deployment", "inference")["spec"]["strategy"]["rollingUpdate"]
        self.assertEqual(strategy, {"maxUnavailable": 0, "maxSurge": 1})

    def test_production_spreads_inference_over_nodes(self):
        spread = chart.workloads("production")["inference"][1]["spec"]["topologySpreadConstraints"]
        self.assertEqual({one["topologyKey"]: one["whenUnsatisfiable"] for one in spread}, {"topology.kubernetes.io/zone": "ScheduleAnyway", "kubernetes.io/hostname": "DoNotSchedule"})


class Jobs(unittest.TestCase):
    def test_a_job_has_another_name_when_its_template_changes_and_else_the_same(self):
        def init(name):
            return [job for job in chart.names(name, "Job") if job.startswith("init-topics-")]

        self.assertEqual(len(init("production")), 1)
        self.assertEqual(init("production"), init("production-keda"))
        self.assertNotEqual(init("production"), init("production-certificates"))

    def test_topics_and_buckets_are_made(self):
        topics = chart.workloads("platform")["init-topics"][1]["spec"]["containers"][0]
        self.assertEqual(topics["args"], ["topics", "--create"])
        buckets = chart.environment("platform", chart.workloads("platform")["init-buckets"][1])["BUCKETS"].split()
        self.assertEqual(buckets, ["dataset", "processed-data", "mlflow", "model-promotion", "inference-logs"])


class Cloud(unittest.TestCase):
    def test_eks_uses_the_identity_of_its_service_account(self):
        account = chart.find("eks", "ServiceAccount", "flts")
        self.assertIn("eks.amazonaws.com/role-arn", account["metadata"]["annotations"])
        environment = chart.environment("eks", chart.workloads("eks")["inference"][1])
        self.assertNotIn("AWS_SECRET_ACCESS_KEY_FILE", environment)
        self.assertEqual((environment["OBJECT_STORE"], environment["AWS_REGION"]), ("s3", "eu-west-1"))

    def test_gke_and_aks_bring_minio(self):
        for name in ("gke", "aks"):
            self.assertIn("minio", chart.names(name, "Deployment"))
            self.assertEqual(chart.environment(name, chart.workloads(name)["eval"][1])["S3_ENDPOINT_URL"], "http://minio:9000")
            self.assertTrue([job for job in chart.names(name, "Job") if job.startswith("init-buckets-")])

    def test_aks_pods_carry_the_label_of_workload_identity(self):
        self.assertEqual(chart.workloads("aks")["inference"][1]["metadata"]["labels"]["azure.workload.identity/use"], "true")


class Monitoring(unittest.TestCase):
    def test_monitors_select_the_pods_that_serve_metrics(self):
        monitor = chart.find("production", "PodMonitor", "flts")["spec"]
        self.assertEqual(monitor["selector"]["matchExpressions"][0]["values"], ["eval", "fastapi-app", "inference", "nonml-prophet", "train-gru", "train-lstm"])
        self.assertEqual((monitor["jobLabel"], monitor["podMetricsEndpoints"][0]["port"]), ("app", "http"))
        selector = chart.find("production-servicemonitor", "ServiceMonitor", "flts")["spec"]["selector"]["matchLabels"]
        found = [one["metadata"]["name"] for one in chart.objects("production-servicemonitor") if one["kind"] == "Service" and selector.items() <= one["metadata"]["labels"].items()]
        self.assertEqual(sorted(found), ["eval-pods", "fastapi-app-pods", "inference-pods", "nonml-prophet-pods", "train-gru-pods", "train-lstm-pods"])

    def test_monitors_carry_the_read_token_where_there_is_one(self):
        endpoint = chart.find("production", "PodMonitor", "flts")["spec"]["podMetricsEndpoints"][0]
        self.assertEqual(endpoint["authorization"]["credentials"], {"name": "flts-tokens", "key": "read-token"})

    def test_annotations_name_the_port_of_each_pod(self):
        annotations = chart.workloads("platform-annotations")["eval"][1]["metadata"]["annotations"]
        self.assertEqual(annotations["prometheus.io/port"], "8050")

    def test_the_alerts_of_the_report_are_there(self):
        rules = chart.find("production", "PrometheusRule", "flts")["spec"]["groups"][0]["rules"]
        self.assertEqual([rule["alert"] for rule in rules], ["InferenceModelNotLoaded", "HighInferenceLatency", "InferenceHighErrorRate", "EvalServiceDown"])


@cache
def old_defects():
    return chart.text("complete") + chart.text("original")


class OldDefects(unittest.TestCase):
    """Section 8.6 of the description of the Python FLTS."""

    def test_nothing_renders_empty(self):
        self.assertNotRegex(old_defects(), r"(?m)^\s+value:\s*(\"\")?$")
        self.assertNotIn("<no value>", old_defects())

    def test_no_nginx_and_no_job_of_an_old_family(self):
        self.assertNotIn("nginx", old_defects())
        self.assertNotIn("AUTOMFLES", old_defects())

    def test_no_bucket_is_readable_for_everybody(self):
        self.assertNotIn("anonymous", old_defects())
        self.assertNotIn("minioadmin", old_defects())

    def test_readiness_looks_at_the_model(self):
        container = chart.workloads("complete")["inference"][1]["spec"]["containers"][0]
        self.assertEqual(container["readinessProbe"]["httpGet"]["path"], "/readyz")

    def test_no_image_is_latest(self):
        for name in EVERY:
            for app, (_, template) in chart.workloads(name).items():
                for container in containers(template):
                    self.assertRegex(container["image"], r"(:[^/]+|@sha256:.+)$")
                    self.assertNotRegex(container["image"], r":latest$")


if __name__ == "__main__":
    unittest.main()
