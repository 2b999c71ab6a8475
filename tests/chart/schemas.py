"""JSON schemas for kubeconform: of Kubernetes itself, from its OpenAPI document, and of custom resources, from their definitions.

usage: schemas.py kubernetes SWAGGER.json FOLDER
       schemas.py crds FOLDER FILE...
"""

import json
import os
import sys

import yaml

KEPT = ("type", "enum", "required", "format", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
        "minProperties", "maxProperties", "uniqueItems", "multipleOf")


class Loader(yaml.SafeLoader):
    """Reads a bare `=` in an enum as text."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


def inlined(node, definitions, above, optional=False):
    """A schema of the OpenAPI document without references, closed to fields that it does not name."""
    if "$ref" in node:
        name = node["$ref"].split("/")[-1]
        if name.endswith(("IntOrString", ".Quantity")):
            return {"type": ["string", "number"] + (["null"] if optional else [])}
        if name in above:
            return {}
        return inlined(definitions[name], definitions, above | {name}, optional)
    schema = {key: node[key] for key in ("type", "enum", "required", "format") if key in node}
    if schema.get("format") == "int-or-string":
        del schema["format"]
        schema["type"] = ["string", "integer"]
    elif isinstance(schema.get("type"), str) and optional:
        schema["type"] = [schema["type"], "null"]
    if "items" in node:
        schema["items"] = inlined(node["items"], definitions, above)
    if isinstance(node.get("additionalProperties"), dict):
        schema["additionalProperties"] = inlined(node["additionalProperties"], definitions, above)
    if "properties" in node:
        required = node.get("required", [])
        schema["properties"] = {key: inlined(value, definitions, above, key not in required) for key, value in node["properties"].items()}
        schema.setdefault("additionalProperties", False)
    return schema


def kubernetes(swagger, folder):
    definitions = json.load(open(swagger))["definitions"]
    os.makedirs(folder, exist_ok=True)
    made = 0
    for name, definition in definitions.items():
        kinds = definition.get("x-kubernetes-group-version-kind", [])
        if len(kinds) != 1:
            continue
        group, version, kind = (kinds[0][key] for key in ("group", "version", "kind"))
        schema = inlined(definition, definitions, frozenset([name]))
        schema.setdefault("properties", {})
        schema["properties"]["apiVersion"] = {"type": "string", "enum": [f"{group}/{version}" if group else version]}
        schema["properties"]["kind"] = {"type": "string", "enum": [kind]}
        schema["required"] = sorted({*schema.get("required", []), "apiVersion", "kind"})
        suffix = f"-{group.split('.')[0]}-{version}" if group else f"-{version}"
        json.dump(schema, open(f"{folder}/{(kind + suffix).lower()}.json", "w"))
        made += 1
    print(f"{made} schemas of Kubernetes")


def closed(node, open_too=False):
    """A schema of a definition: closed, except within anyOf, oneOf and the like (`open_too`)."""
    schema = {key: node[key] for key in KEPT if key in node}
    if not open_too:
        if node.get("x-kubernetes-int-or-string"):
            schema.pop("type", None)
        if node.get("nullable") and isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]
        for key in ("anyOf", "oneOf", "allOf"):
            if key in node:
                schema[key] = [closed(one, True) for one in node[key]]
        if "not" in node:
            schema["not"] = closed(node["not"], True)
        if "items" in node:
            schema["items"] = closed(node["items"])
        if isinstance(node.get("additionalProperties"), dict):
            schema["additionalProperties"] = closed(node["additionalProperties"])
    if "properties" in node:
        schema["properties"] = {key: closed(value, open_too) for key, value in node["properties"].items()}
        if not open_too and not node.get("x-kubernetes-preserve-unknown-fields"):
            schema.setdefault("additionalProperties", False)
    return schema


def crds(folder, *files):
    made = 0
    for file in files:
        for document in yaml.load_all(open(file), Loader=Loader):
            if not document or document.get("kind") != "CustomResourceDefinition":
                continue
            spec = document["spec"]
            for version in spec["versions"]:
                schema = closed(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}
                schema["properties"]["apiVersion"] = {"const": f"{spec['group']}/{version['name']}"}
                schema["properties"]["kind"] = {"const": spec["names"]["kind"]}
                os.makedirs(f"{folder}/{spec['group']}", exist_ok=True)
                json.dump(schema, open(f"{folder}/{spec['group']}/{spec['names']['kind'].lower()}_{version['name']}.json", "w"))
                made += 1
    print(f"{made} schemas of custom resources")


if __name__ == "__main__":
    {"kubernetes": kubernetes, "crds": crds}[sys.argv[1]](*sys.argv[2:])
