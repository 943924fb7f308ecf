"""A collector of OpenTelemetry: takes OTLP over HTTP, decodes it, and keeps or prints it.

    python -m deploy.lab.collector --port 4318

Then `OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 registry serve` sends to it.
"""

import argparse
import gzip
import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_MESSAGES: Mapping[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


@dataclass(slots=True)
class Collector:
    """What has arrived, in order: spans, the last value of each metric's points, log records.

    Each is a dict with the attributes of its `resource`.
    """

    url: str = ""
    spans: list[dict[str, Any]] = field(default_factory=list)
    metrics: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    logs: list[dict[str, Any]] = field(default_factory=list)
    is_refusing: bool = False  # answers 503, as one that is overloaded
    is_hanging: bool = False  # takes connections, and does not answer
    prints: bool = False

    def take(self, path: str, body: bytes) -> None:
        """Decode one request; raises KeyError for another path."""
        message = _MESSAGES[path].FromString(body)
        kept = {"/v1/traces": self._spans, "/v1/metrics": self._metrics, "/v1/logs": self._logs}
        for each in kept[path](message):
            if self.prints:
                print(json.dumps(each, default=str), flush=True)

    def _spans(self, message: Any) -> Iterator[dict[str, Any]]:
        for group in message.resource_spans:
            for scope in group.scope_spans:
                for span in scope.spans:
                    made = _span(span) | {"resource": _attributes(group.resource.attributes)}
                    self.spans.append(made)
                    yield made

    def _metrics(self, message: Any) -> Iterator[dict[str, Any]]:
        for group in message.resource_metrics:
            resource = _attributes(group.resource.attributes)
            for scope in group.scope_metrics:
                for metric in scope.metrics:
                    for made in _points(metric):
                        key = resource["service.instance.id"], _key(made)
                        self.metrics[key] = made | {"resource": resource}
                        yield made

    def _logs(self, message: Any) -> Iterator[dict[str, Any]]:
        for group in message.resource_logs:
            for scope in group.scope_logs:
                for record in scope.log_records:
                    made = {
                        "body": _value(record.body),
                        "severity": record.severity_text,
                        "trace_id": record.trace_id.hex(),
                        "span_id": record.span_id.hex(),
                        "attributes": _attributes(record.attributes),
                        "resource": _attributes(group.resource.attributes),
                    }
                    self.logs.append(made)
                    yield made


@contextmanager
def running(port: int = 0, *, prints: bool = False) -> Iterator[Collector]:
    """A collector on this machine until the end of the block; port 0 is a free one."""
    collector = Collector(prints=prints)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Take one export."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            while collector.is_hanging:
                time.sleep(0.05)
            status = 503 if collector.is_refusing else 200
            if status == 200:
                collector.take(self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log no requests."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _span(span: Any) -> dict[str, Any]:
    return {
        "name": span.name,
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "kind": span.kind,
        "status": span.status.code,
        "ns": span.end_time_unix_nano - span.start_time_unix_nano,
        "start": span.start_time_unix_nano,
        "tracestate": span.trace_state,
        "links": [link.span_id.hex() for link in span.links],
        "attributes": _attributes(span.attributes),
    }


def _points(metric: Any) -> Iterator[dict[str, Any]]:
    kind = metric.WhichOneof("data")
    for point in getattr(metric, kind).data_points:
        made = {
            "name": metric.name,
            "kind": kind,
            "unit": metric.unit,
            "labels": _attributes(point.attributes),
            "started_at": point.start_time_unix_nano,
        }
        if kind == "histogram":
            made |= {"counts": list(point.bucket_counts), "bounds": list(point.explicit_bounds)}
            made |= {"value": point.count, "sum": point.sum}
        else:
            made["value"] = getattr(point, point.WhichOneof("value"))
        yield made


def _key(point: Mapping[str, Any]) -> str:
    return f"{point['name']}{sorted(point['labels'].items())}"


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


def main() -> None:
    """Print what arrives, one JSON object a line, until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=4318)
    with running(parser.parse_args().port, prints=True) as collector:
        print(f"collecting on {collector.url}", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
