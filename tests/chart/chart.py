"""Renders the chart, and finds things in what was rendered."""

import os
import re
import subprocess
from functools import cache
from pathlib import Path

import yaml

from matrix import MATRIX, Values

HERE = Path(__file__).resolve().parent
CHART = HERE.parent.parent / "chart"
TOOLS = Path(os.environ["KUBERNETES_TOOLS"])
HELM = str(TOOLS / "bin" / "helm")
NAMESPACE = "flts"
BY_NAME = {values.name: values for values in MATRIX}
# what a cluster has beyond Kubernetes itself
APIS = ("monitoring.coreos.com/v1", "keda.sh/v1alpha1", "gateway.networking.k8s.io/v1")


def arguments(values):
    parts = []
    for file in values.files:
        parts += ["-f", str(HERE / "values" / file[6:] if file.startswith("tests:") else CHART / file)]
    for one in values.sets:
        parts += ["--set", one]
    return parts


def helm(*parts):
    return subprocess.run([HELM, *parts], capture_output=True, text=True)


def template(values):
    """The run of `helm template`, good or bad."""
    return helm("template", "flts", str(CHART), "-n", NAMESPACE, "--kube-version", "1.34.2", *arguments(values))


@cache
def text(name):
    run = template(BY_NAME[name])
    assert run.returncode == 0, f"{name}: {run.stderr}"
    return run.stdout


class Lenient(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """Refuses a key that stands twice, as Kubernetes does."""


def without_doubles(loader, node, deep=False):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    doubles = {key for key in keys if keys.count(key) > 1}
    assert not doubles, f"keys that stand twice: {doubles} {node.start_mark}"
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


Lenient.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, lambda loader, node: without_doubles(loader, node, True))


@cache
def objects(name):
    """Every object of a set of values."""
    return [document for document in yaml.load_all(text(name), Loader=Lenient) if document]


def find(name, kind, object_name):
    found = [one for one in objects(name) if one["kind"] == kind and one["metadata"]["name"] == object_name]
    assert len(found) == 1, f"{name}: {len(found)} objects {kind} {object_name}"
    return found[0]


def names(name, kind):
    return sorted(one["metadata"]["name"] for one in objects(name) if one["kind"] == kind)


def pod_template(workload):
    spec = workload["spec"]
    if workload["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    if workload["kind"] == "Pod":
        return {"metadata": workload["metadata"], "spec": spec}
    return spec["template"]


def workloads(name):
    """Name of the pod (its label `app`) and the pod template, of every workload and of the test pod."""
    kinds = ("Deployment", "StatefulSet", "Job", "CronJob", "Pod")
    return {pod_template(one)["metadata"]["labels"]["app"]: (one, pod_template(one)) for one in objects(name) if one["kind"] in kinds}


def program_pods(name):
    """The pods that run FLTS."""
    return {app: template for app, (_, template) in workloads(name).items()
            if any("configMapRef" in one and one["configMapRef"]["name"] == "flts-config" for one in template["spec"]["containers"][0].get("envFrom", []))}


def environment(name, template):
    """The environment of the first container. A value from a Secret or a field is `from`."""
    result = {}
    container = template["spec"]["containers"][0]
    for source in container.get("envFrom", []):
        if source.get("configMapRef", {}).get("name") == "flts-config":
            result |= find(name, "ConfigMap", "flts-config")["data"]
    for one in container.get("env", []):
        result[one["name"]] = one["value"] if "value" in one else "from"
    return result


def masked(text):
    """What was rendered, without what is random, and without the programs that have tests of their own."""
    documents = []
    for document in text.split("\n---\n"):
        document = re.sub(r"(?m)^# Source: .*\n", "", document).strip("-\n ")
        if "\nkind: Secret\n" in document:
            head, _, data = document.partition("\ndata:\n")
            document = head + "\ndata:\n" + re.sub(r'(?m)^(\s+\S+): .*$', r"\1: <random>", data)
        document = re.sub(r'(?m)^  (locustfile\.py|smoke\.py|buckets\.sh): \|\n(?:    .*\n|\s*\n)*', r"  \1: <the file>\n", document + "\n")
        if document.strip():
            documents.append(document.rstrip())
    key = lambda one: (re.search(r"(?m)^kind: (.*)$", one).group(1), re.search(r"(?m)^  name: (.*)$", one).group(1))
    return "\n---\n".join(sorted(documents, key=key)) + "\n"
