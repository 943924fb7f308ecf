"""Alerts and dashboards use metrics that exist, and each alert fires when it should."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.lab import processes
from server.ops import instruments
from server.ops.instruments import Instrument, Kind

_ROOT = Path(__file__).resolve().parents[2]
_RULES = _ROOT / "deploy" / "prometheus" / "alerts.yaml"
_DASHBOARDS = sorted((_ROOT / "deploy" / "grafana").glob("*.json"))
_OF_PROMETHEUS = {"instance", "job"}


def test_each_alert_fires_alone_and_is_quiet_when_all_is_well() -> None:
    try:
        promtool = processes.program("promtool", "prometheus")
    except processes.MissingProgram as missing:
        pytest.skip(str(missing))
    tests = _RULES.with_name("alerts_test.yaml")
    for arguments in (("check", "rules", str(_RULES)), ("test", "rules", str(tests))):
        done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    names = [each["name"] for each in yaml.safe_load(tests.read_text())["tests"]]
    assert names == [f"{a['alert']} {what}" for a in _alerts() for what in ("fires", "is quiet")]


def test_each_alert_says_what_to_do() -> None:
    page = (_ROOT / "docs" / "operations.md").read_text("utf-8")
    headings = {line[4:].lower() for line in page.splitlines() if line.startswith("### ")}
    for alert in _alerts():
        notes = alert["annotations"]
        assert alert["labels"]["severity"] in ("warning", "critical")
        assert notes["summary"]
        assert notes["description"]
        where, _, anchor = notes["runbook_url"].partition("#")
        assert where == "docs/operations.md"
        assert anchor in headings


def test_expressions_use_declared_metrics_and_labels() -> None:
    known = dict(_shown())
    recorded = {rule["record"] for rule in _rules() if "record" in rule}
    for expression in _expressions():
        text = re.sub(r'"[^"]*"', '""', expression)
        names = set(re.findall(r"\bregistry[_:][a-z0-9_:]*", text))
        assert names <= known.keys() | recorded, expression
        labels = set().union(_OF_PROMETHEUS, *(known[n] for n in names - recorded))
        groups = re.findall(r"\b(?:by|on) \(([^)]*)\)", text)
        used = {label.strip() for group in groups for label in group.split(",")}
        used |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"\"", text))
        assert used <= labels, expression


def test_each_dashboard_has_a_variable_for_its_source() -> None:
    assert len(_DASHBOARDS) == 4
    for file in _DASHBOARDS:
        board = json.loads(file.read_text())
        kinds = {each["name"]: each["type"] for each in board["templating"]["list"]}
        assert kinds["datasource"] == "datasource"
        assert all(each["datasource"]["uid"] == "${datasource}" for each in board["panels"])


def _shown() -> Iterator[tuple[str, set[str]]]:
    """Each name in Prometheus, and its labels; `job` is renamed when it is scraped."""
    for each in instruments.ALL:
        labels = {"exported_job" if label == "job" else label for label in each.labels}
        for suffix, more in _suffixes(each):
            yield each.shown_name + suffix, labels | more


def _suffixes(instrument: Instrument) -> list[tuple[str, set[str]]]:
    if instrument.kind is Kind.HISTOGRAM:
        return [("_bucket", {"le"}), ("_sum", set()), ("_count", set())]
    return [("", set())]


def _rules() -> list[dict[str, Any]]:
    return [
        rule for group in yaml.safe_load(_RULES.read_text())["groups"] for rule in group["rules"]
    ]


def _alerts() -> list[dict[str, Any]]:
    return [rule for rule in _rules() if "alert" in rule]


def _expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in _rules())
    for file in _DASHBOARDS:
        for panel in json.loads(file.read_text())["panels"]:
            yield from (target["expr"] for target in panel["targets"])
