"""The Helm chart agrees with the code; `make chart` renders it and checks its objects."""

import re
from typing import Any

import yaml

from server import release
from server.setting_names import setting_name
from server.settings import Settings
from tests.project.pages import ROOT

CHART = ROOT / "deploy" / "chart"
TEMPLATES = {each.name: each.read_text("utf-8") for each in (CHART / "templates").iterdir()}


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CHART / name).read_text("utf-8"))
    return found


def test_the_chart_installs_this_version() -> None:
    chart = read("Chart.yaml")
    assert (chart["version"], chart["appVersion"]) == (release.version(), release.version())


def test_the_chart_sets_only_settings() -> None:
    found = set(re.findall(r"\bREGISTRY_\w+", "".join(TEMPLATES.values())))
    assert found
    assert found <= {setting_name(field) for field in Settings.model_fields}


def test_each_value_that_a_template_reads_exists() -> None:
    values = read("values.yaml")
    for path in set(re.findall(r"\.Values\.([\w.]+)", "".join(TEMPLATES.values()))):
        found: Any = values
        for name in path.split("."):
            assert name in found, path
            found = found[name]
