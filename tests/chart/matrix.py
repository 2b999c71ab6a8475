"""The sets of values that every test renders: name, files, --set, and the set that a snapshot is compared with."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Values:
    """One way to install the chart. A snapshot is whole, or the difference to that of `base`."""

    name: str
    files: tuple = ()
    sets: tuple = ()
    base: str | None = None
    # the program of today refuses what these values ask for: they are for the one that has MLflow and backup
    later: bool = field(default=False)


FUTURE = ("program.mlflow=true", "program.backup=true")
# an image from before the gateway and Prophet
OLDER = ("program.roles={preprocess,trainer,evaluator,inference}", "program.families={GRU,LSTM}")
PLATFORM = ("values-platform.yaml",)
COMPLETE = ("values-complete.yaml",)
PRODUCTION = ("values-production.yaml",)

MATRIX = (
    Values("single"),
    Values("single-emptydir", sets=("pods.flts.persistence.enabled=false",), base="single"),
    Values("single-ingress", sets=("ingress.enabled=true", "ingress.host=flts.example.com", "ingress.tlsSecret=flts-tls"), base="single"),
    Values("single-without-policies", sets=("networkPolicy.enabled=false",), base="single"),
    Values("single-without-token", sets=("tokens.generate=false",), base="single"),
    Values("single-deployment", sets=("pods.flts.kind=Deployment",), base="single"),
    Values("platform", PLATFORM),
    Values("platform-keda", PLATFORM, ("pods.inference.autoscaling.kind=keda",), base="platform"),
    Values("platform-annotations", PLATFORM, ("monitoring.discovery=annotations",), base="platform"),
    Values("platform-own-secrets", PLATFORM, ("platform.generateSecrets=false", "tokens.existingSecret=my-tokens"), base="platform"),
    Values("platform-nodeports", PLATFORM, ("pods.inference.service.type=NodePort", "pods.inference.service.nodePort=30080", "pods.inference.disruptionBudget.maxUnavailable=1"), base="platform"),
    Values("platform-older-image", PLATFORM, OLDER, base="platform"),
    Values("platform-future", PLATFORM, FUTURE, base="platform", later=True),
    Values("complete", COMPLETE, base="platform"),
    Values("complete-image", COMPLETE, ("inference.image.repository=registry.example/flts-inference", "inference.image.tag=v1.0.0"), base="complete"),
    Values("complete-commit", COMPLETE, ("inference.image.tag=1234567",), base="complete"),
    Values("complete-future", COMPLETE, FUTURE, base="complete", later=True),
    Values("original", ("tests:original.yaml",), base="complete"),
    Values("production", PRODUCTION),
    Values("production-keda", PRODUCTION, ("pods.inference.autoscaling.kind=keda",), base="production"),
    Values("production-gateway", PRODUCTION, ("ingress.enabled=false", "gateway.enabled=true", "gateway.parentRefs[0].name=public", "gateway.parentRefs[0].namespace=gateways", "gateway.hostnames[0]=flts.example.com"), base="production"),
    Values("production-servicemonitor", PRODUCTION, ("monitoring.discovery=serviceMonitor",), base="production"),
    Values("production-digest", PRODUCTION, ("image.digest=sha256:" + "ab" * 32,), base="production"),
    Values("production-drain", PRODUCTION, ("drain.noticeMs=15000", "drain.timeoutMs=120000", "pods.eval.env.DRAIN_TIMEOUT_MS=10000"), base="production"),
    Values("production-certificates", PRODUCTION, ("kafka.caSecret=kafka-ca", "store.caSecret=store-ca", "settings.MAX_BODY_BYTES=104857600"), base="production"),
    Values("production-plaintext", PRODUCTION, ("kafka.bootstrapServers=kafka:9092", "kafka.securityProtocol=PLAINTEXT", "kafka.saslMechanism=", "kafka.existingSecret="), base="production"),
    Values("production-external-secrets", PRODUCTION + ("tests:external-secrets.yaml",), base="production"),
    Values("production-more-settings", PRODUCTION + ("tests:more-settings.yaml",), base="production"),
    Values("production-future", PRODUCTION, FUTURE + ("tracking.uri=https://mlflow.example.com", "pods.backup.enabled=true"), base="production", later=True),
    Values("eks", PRODUCTION + ("values-eks.yaml",), base="production"),
    Values("gke", PRODUCTION + ("values-gke.yaml",), base="production"),
    Values("aks", PRODUCTION + ("values-aks.yaml",), base="production"),
)
