"""Renders the Helm chart, and checks each object strictly by Kubernetes' own schemas: `make chart`.

It runs in an environment of its own, the dependency group `chart`: Helm's engine is 85 MB.
"""

import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml  # type: ignore[import-untyped]  # its stubs are a separate package
from helm_python.chart import Chart, lint

CHART = Path(__file__).resolve().parents[1] / "chart"
VERSIONS = ("1.32", "1.37")
SCHEMALESS = {"ServiceMonitor"}  # of the Prometheus operator
LEAST: dict[str, Any] = {"archive": {"url": "s3://registry-archives"}}
EVERYTHING: dict[str, Any] = {
    "image": {"repository": "registry.example.com/model-registry", "tag": "1a2b3c"},
    "imagePullSecrets": [{"name": "pull"}],
    "archive": {"existingClaim": "registry-archives"},
    "settings": {"REGISTRY_POOLER": "transaction", "REGISTRY_POINTS_PER_MINUTE": 60000},
    "extraEnv": [
        {"name": "AWS_REGION", "valueFrom": {"configMapKeyRef": {"name": "s3", "key": "region"}}}
    ],
    "allowedHosts": ["registry.internal"],
    "autoscaling": {"enabled": False},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "annotations": {"a": "b"},
        "host": "registry.example.com",
        "tlsSecret": "registry-tls",
    },
    "networkPolicy": {"from": [{"namespaceSelector": {"matchLabels": {"team": "ml"}}}]},
    "serviceAccount": {"annotations": {"a": "b"}},
    "serviceMonitor": {"enabled": True},
    "podAnnotations": {"a": "b"},
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"key": "gpu", "operator": "Exists"}],
}


def objects(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects that Helm would apply for these values."""
    rendered = Chart.load(CHART).render(values, name="models", namespace="ml")
    texts = [text for path, text in sorted(rendered.items()) if path.endswith(".yaml")]
    return [each for text in texts for each in yaml.safe_load_all(text) if each]


def kinds(values: dict[str, Any]) -> list[str]:
    """The kinds of the objects, each of which was checked; raises ValidationError."""
    found = objects(values)
    for each in found:
        for version in VERSIONS if each["kind"] not in SCHEMALESS else ():
            kubernetes_validate.validate(each, version, strict=True)
    return sorted(each["kind"] for each in found)


def main() -> None:
    """Lint the chart, and check what it makes of the least values and of all of them."""
    for name, values in {"least": LEAST, "everything": EVERYTHING}.items():
        report = lint(CHART, values, strict=True)
        faults = [each for each in report["messages"] if each["severity"] > 1]
        if faults or report["errors"]:
            sys.exit(f"{name}: {faults or report['errors']}")
        print(f"chart, {name}: {', '.join(kinds(values))}")


if __name__ == "__main__":
    main()
