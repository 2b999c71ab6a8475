"""Evaluates rendered NetworkPolicies as Kubernetes defines them: a connection needs the leave of both ends."""

import ipaddress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Peer:
    """An end of a connection: a pod, or an address outside of the cluster (no namespace)."""

    name: str
    ip: str
    namespace: str | None = None
    labels: tuple = ()
    namespace_labels: tuple = field(default=())


def matches(selector, labels):
    labels = dict(labels)
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for one in selector.get("matchExpressions") or []:
        value, operator = labels.get(one["key"]), one["operator"]
        good = {"In": value in one.get("values", []), "NotIn": value not in one.get("values", []), "Exists": value is not None, "DoesNotExist": value is None}
        if not good[operator]:
            return False
    return True


def peer_matches(rule, peer, namespace):
    if "ipBlock" in rule:
        # an address block holds for pods too: the careful reading, which some network plugins have
        address = ipaddress.ip_address(peer.ip)
        block = rule["ipBlock"]
        network = ipaddress.ip_network(block["cidr"])
        inside = address.version == network.version and address in network
        return inside and not any(address in ipaddress.ip_network(out) for out in block.get("except", []))
    if peer.namespace is None:
        return False
    if "namespaceSelector" in rule:
        if not matches(rule["namespaceSelector"], peer.namespace_labels):
            return False
    elif peer.namespace != namespace:
        return False
    return "podSelector" not in rule or matches(rule["podSelector"], peer.labels)


def rule_allows(rule, peers_key, peer, port, protocol, namespace):
    peers, ports = rule.get(peers_key), rule.get("ports")
    if peers and not any(peer_matches(one, peer, namespace) for one in peers):
        return False
    return not ports or any(one.get("protocol", "TCP") == protocol and one.get("port") in (None, port) for one in ports)


def side_allows(policies, kind, here, there, port, protocol):
    """Whether the policies of one end let the other end in (Ingress) or be reached (Egress)."""
    own = [one for one in policies if here.namespace == one["metadata"].get("namespace", "flts") and matches(one["spec"]["podSelector"], here.labels) and kind in one["spec"]["policyTypes"]]
    if not own:
        return True
    field_name, peers_key = ("ingress", "from") if kind == "Ingress" else ("egress", "to")
    return any(rule_allows(rule, peers_key, there, port, protocol, here.namespace) for one in own for rule in one["spec"].get(field_name) or [])


def allowed(policies, source, target, port, protocol="TCP"):
    if source.namespace and not side_allows(policies, "Egress", source, target, port, protocol):
        return False
    return not target.namespace or side_allows(policies, "Ingress", target, source, port, protocol)
