"""Telemetry and logs of whole processes."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.lab import collector, processes, registry
from deploy.lab.registry import ROOT

_SUBSCRIBE = "subscription Live { registryChanged { cursor } }"
_IMPORTED = """
import sys
from server.app import build
from server.settings import Settings
build(Settings(_env_file=None), "postgresql:///nowhere")
print(sorted(name for name in sys.modules if name.split(".")[0] == "opentelemetry"))
"""
_HIDDEN = "import sys; sys.modules['opentelemetry'] = None"  # as if it were not installed


def _variables(url: str) -> dict[str, str]:
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_METRIC_EXPORT_INTERVAL": "200",
        "REGISTRY_JOBS": "false",
    }


def _python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**given, **variables},
        capture_output=True,
        text=True,
        check=True,
    )


def test_nothing_of_it_is_imported_when_it_is_off() -> None:
    assert _python(_IMPORTED).stdout == "[]\n"


def test_where_it_is_not_installed_a_server_says_so_and_starts() -> None:
    code = f"{_HIDDEN}; from server.telemetry import switch; print(switch.start())"
    done = _python(code, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert done.stdout == "None\n"
    assert "OpenTelemetry is not installed: install model-registry[telemetry]" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "q"), ("OTEL_BLRP_MAX_QUEUE_SIZE", "0")],
)
def test_a_value_that_the_sdk_refuses_turns_telemetry_off_in_words(name: str, value: str) -> None:
    code = """
import logging
from server.ops import work
from server.telemetry import switch
print(switch.start(), work.observers, len(logging.root.handlers))
"""
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_LOGS_EXPORTER": "otlp"}
    done = _python(code, **variables, **{name: value})
    assert done.stdout == "None [] 0\n"
    assert "A variable OTEL_* has an invalid value, so no telemetry is sent" in done.stderr


def test_workers_and_subscriptions_are_seen(database_url: str, tmp_path: Path) -> None:
    with collector.running() as collecting:
        variables = _variables(collecting.url)
        with registry.serving(tmp_path, database_url, "--workers", "2", variables=variables) as two:

            def instances() -> set[Any]:
                httpx.post(f"{two.url}/graphql", json={"query": "{ __typename }"})
                return {each["resource"]["service.instance.id"] for each in collecting.spans}

            processes.wait_until(lambda: len(instances()) == 2, "spans of both workers")
            headers = {"accept": "text/event-stream"}
            params = {"query": _SUBSCRIBE}
            with httpx.stream("GET", f"{two.url}/graphql", params=params, headers=headers):
                processes.wait_until(
                    lambda: "subscription Live" in [each["name"] for each in collecting.spans],
                    "the span of the subscription's start",
                )


@pytest.mark.parametrize("is_hanging", [False, True])
def test_a_collector_that_is_away_is_said_once_and_holds_up_no_stop(
    database_url: str, tmp_path: Path, is_hanging: bool
) -> None:
    with collector.running() as collecting:
        collecting.is_hanging = is_hanging
        url = collecting.url if is_hanging else "http://127.0.0.1:1"
        with registry.serving(tmp_path, database_url, variables=_variables(url)) as served:
            for _ in range(3):
                answer = httpx.post(f"{served.url}/graphql", json={"query": "{ __typename }"})
                assert answer.json() == {"data": {"__typename": "Query"}}

            def warnings() -> list[dict[str, Any]]:
                lines = map(json.loads, _written(served.log))
                return [each for each in lines if each["logger"].startswith("opentelemetry")]

            if not is_hanging:
                processes.wait_until(warnings, "a warning")
            served.process.terminate()
            assert served.process.wait(20) == 0
            assert len(warnings()) <= 1
        collecting.is_hanging = False


def _written(log: Path) -> list[str]:
    """The log lines; what a start prints is none."""
    return [line for line in log.read_text().splitlines() if line.startswith("{")]


def _lines(log: Path, message: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, _written(log)) if line["message"] == message]


def test_a_slow_operation_is_logged_with_its_plan_and_without_values(
    database_url: str, tmp_path: Path
) -> None:
    variables = {"REGISTRY_SLOW_OPERATION_MS": "1", "REGISTRY_JOBS": "false"}
    document = "query Slow($name: String!) { models(filter: {nameContains: $name}) { totalCount } }"
    with registry.serving(tmp_path, database_url, variables=variables) as served:
        body = {"query": document, "variables": {"name": "not-in-logs"}}
        httpx.post(f"{served.url}/graphql", json=body)
        processes.wait_until(lambda: _lines(served.log, "slow operation"), "the warning")
        line = _lines(served.log, "slow operation")[0]
        assert (line["level"], line["operation"], line["statementCount"] > 0) == (
            "warning",
            "Slow",
            True,
        )
        assert any("FROM models" in each["sql"] for each in line["statements"])
        assert line["plan"]
        assert not line["plan"].startswith("none")
        assert "not-in-logs" not in served.log.read_text()
        _check_level(served, tmp_path / "data")


def _check_level(served: registry.Registry, data_dir: Path) -> None:
    """`registry log-level` changes what a running server writes, and takes it back."""

    def is_logged(name: str) -> bool:
        body = {"query": f"query {name} {{ __typename }}"}
        httpx.post(f"{served.url}/graphql", json=body)
        time.sleep(0.1)  # the line is written after the response
        return any(line.get("operation") == name for line in _lines(served.log, "request"))

    def change(level: str) -> None:
        command = [sys.executable, "-m", "server", "log-level", level]
        given = {**os.environ, "REGISTRY_DATA_DIR": str(data_dir)}
        subprocess.run(command, cwd=ROOT, env=given, check=True, stdout=subprocess.DEVNULL)

    names = iter(f"Operation{number}" for number in range(10_000))
    processes.wait_until(lambda: is_logged(next(names)), "the level of the settings")
    change("error")
    processes.wait_until(lambda: not is_logged(next(names)), "the level `error`")
    change("reset")
    processes.wait_until(lambda: is_logged(next(names)), "the level of the settings")
