"""A real server sends real OTLP: a collector of our own decodes it."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from deploy.lab import collector, processes, registry
from deploy.lab.collector import Collector
from deploy.lab.registry import Registry
from tests.conftest import cloned

_TRACE, _SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
_QUERY = "query Names($first: Int) { models(first: $first) { nodes { name } } }"


@pytest.fixture(scope="module")
def collecting() -> Iterator[Collector]:
    with collector.running() as running:
        yield running


@pytest.fixture(scope="module")
def served(
    collecting: Collector,
    postgres_url: str,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Registry]:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collecting.url,
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_BLRP_SCHEDULE_DELAY": "50",
        "OTEL_METRIC_EXPORT_INTERVAL": "100",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
        "REGISTRY_READ_CONNECTIONS_MAX": "1",
        "REGISTRY_SLOW_OPERATION_MS": "1",
    }
    folder: Path = tmp_path_factory.mktemp("telemetry")
    with (
        cloned(postgres_url, template) as url,
        registry.serving(folder, url, variables=variables) as running,
    ):
        yield running


def _ask(served: Registry, body: dict[str, Any], **headers: str) -> tuple[Any, dict[str, str]]:
    given = {"content-type": "application/json", **headers}
    request = Request(f"{served.url}/graphql", json.dumps(body).encode(), given)
    with urlopen(request, timeout=10) as response:
        return json.loads(response.read()), dict(response.headers)


def _spans(collecting: Collector, request_id: str) -> list[dict[str, Any]]:
    """The span of an operation and then those of its statements, once they have arrived."""

    def found() -> list[dict[str, Any]] | None:
        for span in list(collecting.spans):
            if span["attributes"].get("registry.request_id") == request_id:
                own = [each for each in collecting.spans if each["parent"] == span["span_id"]]
                is_complete = len(own) == span["attributes"]["registry.database.statements"]
                return [span, *own] if is_complete else None
        return None

    processes.wait_until(found, "the spans")
    return found() or []


def test_an_operation_has_a_span_with_its_statements_in_the_callers_trace(
    served: Registry, collecting: Collector
) -> None:
    parent = f"00-{_TRACE}-{_SPAN}-01"
    body = {"query": _QUERY, "variables": {"first": 77}}
    _, headers = _ask(served, body, traceparent=parent, tracestate="vendor=1")
    span, statement = _spans(collecting, headers["x-request-id"])
    assert (span["trace_id"], span["parent"]) == (_TRACE, _SPAN)
    assert (span["name"], span["kind"], span["tracestate"]) == ("query Names", 2, "vendor=1")
    assert headers["traceresponse"] == f"00-{_TRACE}-{span['span_id']}-01"
    assert span["resource"]["service.name"] == "model-registry"
    assert span["resource"]["deployment.environment.name"] == "test"
    shown = span["attributes"]
    assert shown["graphql.operation.type"] == "query"
    assert shown["graphql.operation.name"] == "Names"
    assert (shown["http.request.method"], shown["http.response.status_code"]) == ("POST", 200)
    assert shown["registry.database.statements"] == 1
    assert (statement["name"], statement["kind"]) == ("SELECT", 3)
    assert statement["attributes"]["db.system.name"] == "postgresql"
    assert "LIMIT %(limit)s" in statement["attributes"]["db.query.text"]
    assert span["start"] <= statement["start"]
    assert statement["ns"] <= span["ns"]
    assert "77" not in json.dumps(statement["attributes"])


def test_repeated_headers_of_a_trace_are_one_list_or_none(
    served: Registry, collecting: Collector
) -> None:
    parent = f"00-{_TRACE}-{_SPAN}-01"
    state = [("traceparent", f" {parent}\t"), ("tracestate", "a=1"), ("tracestate", "b=2 ")]
    (span, *_) = _spans(collecting, _sent(served, *state))
    assert (span["trace_id"], span["parent"], span["tracestate"]) == (_TRACE, _SPAN, "a=1,b=2")
    (span, *_) = _spans(collecting, _sent(served, *state, ("traceparent", parent)))
    assert span["trace_id"] != _TRACE
    assert (span["parent"], span["tracestate"]) == ("", "")


def _sent(served: Registry, *headers: tuple[str, str]) -> str:
    """Ask with these lines in the head; the id of the request."""
    body = json.dumps({"query": _QUERY}).encode()
    connection = HTTPConnection(urlsplit(served.url).netloc, timeout=10)
    connection.putrequest("POST", "/graphql")
    given = [("content-type", "application/json"), ("content-length", str(len(body)))]
    for name, value in (*given, *headers):
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    assert response.status == 200, response.read()
    identifier = response.headers["x-request-id"]
    connection.close()
    return str(identifier)


def test_the_callers_decision_is_respected(served: Registry, collecting: Collector) -> None:
    _, unsampled = _ask(served, {"query": _QUERY}, traceparent=f"00-{_TRACE}-{_SPAN}-00")
    _, sampled = _ask(served, {"query": _QUERY})
    assert "traceresponse" not in unsampled
    _spans(collecting, sampled["x-request-id"])
    ids = {each["attributes"].get("registry.request_id") for each in collecting.spans}
    assert unsampled["x-request-id"] not in ids


def test_an_error_has_its_code_and_the_mistake_of_a_client_is_no_fault(
    served: Registry, collecting: Collector
) -> None:
    _, headers = _ask(served, {"query": "{ nothing }"})
    (span,) = _spans(collecting, headers["x-request-id"])
    assert span["attributes"]["registry.error.code"] == "BAD_USER_INPUT"
    assert span["status"] == 0


def test_a_mutation_shows_its_transaction(served: Registry, collecting: Collector) -> None:
    document = """mutation Add($input: CreateProviderInput!) {
      createProvider(input: $input) { __typename } }"""
    given = {"slug": "acme-secret", "name": "Acme", "kind": "OPENAI"}
    _, headers = _ask(served, {"query": document, "variables": {"input": given}})
    span, *statements = _spans(collecting, headers["x-request-id"])
    names = [each["name"] for each in sorted(statements, key=lambda each: each["start"])]
    assert (span["name"], names[-1]) == ("mutation Add", "COMMIT")
    assert "BEGIN" in names  # SQLAlchemy asks the first connection for its version before
    assert "acme-secret" not in json.dumps(statements)


def test_a_batch_is_one_span_with_links_to_the_operations_that_share_it(
    served: Registry, collecting: Collector
) -> None:
    document = "query Named($name: String!) { model(by: {name: $name}) { name } }"

    def ask(number: int) -> str:
        body = {"query": document, "variables": {"name": f"none-{number}"}}
        answer, headers = _ask(served, body)
        assert answer == {"data": {"model": None}}
        return headers["x-request-id"]

    def shared() -> list[dict[str, Any]]:
        return [each for each in collecting.spans if each["links"]]

    def ask_at_once() -> bool:
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(ask, range(64)))
        return bool(shared())

    processes.wait_until(ask_at_once, "a batch that is shared")
    processes.wait_until(lambda: shared()[0]["parent"] in _ids(collecting), "the first operation")
    batch = shared()[0]
    assert len(batch["links"]) == batch["attributes"]["registry.operations"] > 1
    processes.wait_until(lambda: set(batch["links"]) <= _ids(collecting), "the operations")
    assert batch["parent"] == batch["links"][0]
    owners = [each for each in collecting.spans if each["span_id"] in batch["links"]]
    assert {each["attributes"]["registry.database.is_shared"] for each in owners} == {True}
    assert len({each["trace_id"] for each in owners}) == len(owners)


def test_a_batch_of_one_operation_that_is_recorded_is_its_span_without_links(
    served: Registry, collecting: Collector
) -> None:
    document = "query Alone($name: String!) { model(by: {name: $name}) { name } }"
    recorded_trace = "5" * 32

    def ask(number: int) -> None:
        trace_id, flags = (recorded_trace, "01") if number == 0 else (f"{number:032x}", "00")
        headers = {"traceparent": f"00-{trace_id}-{_SPAN}-{flags}"}
        _ask(served, {"query": document, "variables": {"name": f"alone-{number}"}}, **headers)

    def shared() -> list[dict[str, Any]]:
        found = [each for each in collecting.spans if each["trace_id"] == recorded_trace]
        return [each for each in found if "registry.operations" in each["attributes"]]

    def ask_at_once() -> bool:
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(ask, (*range(8, 0, -1), 0, *range(9, 32))))
        return bool(shared())

    processes.wait_until(ask_at_once, "a batch that is shared")
    batch = shared()[0]
    assert batch["attributes"]["registry.operations"] > 1
    assert batch["links"] == []
    processes.wait_until(lambda: batch["parent"] in _ids(collecting), "its operation")


def _ids(collecting: Collector) -> set[str]:
    return {each["span_id"] for each in collecting.spans}


def test_metrics_are_those_of_the_page(served: Registry, collecting: Collector) -> None:
    _ask(served, {"query": _QUERY})

    def sent() -> dict[tuple[str, ...], float]:
        return {
            (each["name"], *sorted(each["labels"].values())): each["value"]
            for each in collecting.metrics.values()
            if each["name"] == "registry_operations"
        }

    def shown() -> dict[tuple[str, ...], float]:
        with urlopen(f"{served.url}/metrics", timeout=10) as response:
            lines = response.read().decode().splitlines()
        found = {}
        for line in lines:
            if line.startswith("registry_operations_total{"):
                labels, _, value = line.partition("{")[2].rpartition("} ")
                values = sorted(re.findall(r'="([^"]*)"', labels))
                found["registry_operations", *values] = float(value)
        return found

    processes.wait_until(lambda: sent() == shown() != {}, "equal metrics")
    by_name = {each["name"]: each for each in collecting.metrics.values()}
    counter, histogram = (
        by_name["registry_operations"],
        by_name["registry_operation_duration_seconds"],
    )
    assert (counter["kind"], histogram["kind"], histogram["unit"]) == ("sum", "histogram", "s")
    assert counter["started_at"] > 0
    assert len(histogram["counts"]) == len(histogram["bounds"]) + 1
    assert sum(histogram["counts"]) == histogram["value"]


def test_log_lines_carry_their_trace_and_their_fields(
    served: Registry, collecting: Collector
) -> None:
    _, headers = _ask(served, {"query": _QUERY})
    span = _spans(collecting, headers["x-request-id"])[0]
    named = "requestId", headers["x-request-id"]

    def line() -> dict[str, Any] | None:
        found = (each for each in collecting.logs if named in each["attributes"].items())
        return next((each for each in found if each["body"] == "request"), None)

    processes.wait_until(line, "the log line")
    sent = line()
    assert sent is not None
    assert (sent["trace_id"], sent["span_id"]) == (span["trace_id"], span["span_id"])
    assert (sent["severity"], sent["attributes"]["operation"]) == ("INFO", "Names")
    written = [json.loads(each) for each in served.log.read_text().splitlines() if '"at"' in each]
    (same,) = (
        each
        for each in written
        if each.get("requestId") == headers["x-request-id"] and each["message"] == "request"
    )
    assert same["traceId"] == span["trace_id"]
    assert {"operation", "actor", "nodes", "points", "ms", "status"} <= same.keys()


def test_a_collector_that_refuses_changes_no_answer(
    served: Registry, collecting: Collector
) -> None:
    collecting.is_refusing = True
    try:
        answers = [_ask(served, {"query": _QUERY})[0] for _ in range(5)]
    finally:
        collecting.is_refusing = False
    assert all("errors" not in each for each in answers)
    _, headers = _ask(served, {"query": _QUERY})
    assert _spans(collecting, headers["x-request-id"])
