"""The metrics of /metrics over OTLP: the same registries of prometheus_client, converted.

Names lose the `_total` of counters, which Prometheus adds again when it receives OTLP.
https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
"""

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from threading import Thread
from time import time_ns
from typing import Any

from opentelemetry.sdk.metrics import export
from opentelemetry.sdk.metrics.export import AggregationTemporality as Temporality
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

_UNITS = {"seconds": "s", "bytes": "By", "ratio": "1"}
_SCOPE = InstrumentationScope("model-registry")
_INTERVAL_MS = 60_000  # OTEL_METRIC_EXPORT_INTERVAL, by the specification
_TIMEOUT_MS = 10_000

_log = logging.getLogger(__name__)

Collect = Callable[[], Awaitable[Iterable[Metric]]]


class MetricExport:
    """Sends the metrics of a process at an interval."""

    def __init__(self, resource: Resource, exporters: list[export.MetricExporter]) -> None:
        self._resource = resource
        self._exporters = exporters
        self._started_at = time_ns()

    async def run(self, collect: Collect) -> None:
        """Send until cancelled; a failure is a warning, and the next interval tries again."""
        interval_s = _interval_s()
        while True:
            await asyncio.sleep(interval_s)
            await self.send(collect)

    async def send(self, collect: Collect) -> None:
        """Send the metrics as they are now."""
        try:
            found = self.converted(await collect())
        except Exception as error:
            _log.warning("metrics are not sent: %s", type(error).__name__)
            return
        for exporter in self._exporters:
            await in_thread(partial(exporter.export, found, _TIMEOUT_MS))

    def converted(self, metrics: Iterable[Metric]) -> export.MetricsData:
        """The metrics in the form that exporters take."""
        now = time_ns()
        made = [self._metric(metric, now) for metric in metrics if metric.samples]
        scope = export.ScopeMetrics(scope=_SCOPE, metrics=made, schema_url="")
        of_resource = export.ResourceMetrics(
            resource=self._resource, scope_metrics=[scope], schema_url=""
        )
        return export.MetricsData(resource_metrics=[of_resource])

    def stop(self) -> None:
        """Close the exporters; one that is sending gives up."""
        for exporter in self._exporters:
            exporter.shutdown()

    def _metric(self, metric: Metric, now: int) -> export.Metric:
        unit = _UNITS.get(metric.name.rpartition("_")[2], "")
        data: Any
        if metric.type == "histogram":
            points: Any = list(self._histograms(metric, now))
            data = export.Histogram(points, Temporality.CUMULATIVE)
        elif metric.type == "counter":
            points = list(self._numbers(metric, now, self._started_at))
            data = export.Sum(points, Temporality.CUMULATIVE, is_monotonic=True)
        else:
            data = export.Gauge(list(self._numbers(metric, now, None)))
        return export.Metric(metric.name, metric.documentation, unit, data)

    def _numbers(
        self, metric: Metric, now: int, started_at: int | None
    ) -> Iterator[export.NumberDataPoint]:
        for sample in metric.samples:
            if not sample.name.endswith("_created"):
                yield export.NumberDataPoint(sample.labels, started_at, now, sample.value)  # type: ignore[arg-type]  # a gauge has no start

    def _histograms(self, metric: Metric, now: int) -> Iterator[export.HistogramDataPoint]:
        for labels, samples in _by_labels(metric).items():
            buckets = [each for each in samples if each.name.endswith("_bucket")]
            bounds = [float(each.labels["le"]) for each in buckets]
            counts = [round(each.value) for each in buckets]
            yield export.HistogramDataPoint(
                attributes=dict(labels),
                start_time_unix_nano=self._started_at,
                time_unix_nano=now,
                count=counts[-1],
                sum=sum(each.value for each in samples if each.name.endswith("_sum")),
                bucket_counts=[n - before for n, before in zip(counts, [0, *counts], strict=False)],
                explicit_bounds=bounds[:-1],  # without +Inf
                min=None,  # type: ignore[arg-type]  # unknown, and optional in OTLP
                max=None,  # type: ignore[arg-type]  # the same
            )


async def in_thread(work: Callable[[], object]) -> None:
    """Run blocking work in a thread that does not keep the process from ending."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        try:
            work()
        finally:
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(done.set)

    Thread(target=run, daemon=True).start()
    await done.wait()


def _by_labels(metric: Metric) -> dict[tuple[tuple[str, str], ...], list[Sample]]:
    found: dict[tuple[tuple[str, str], ...], list[Sample]] = defaultdict(list)
    for sample in metric.samples:
        found[tuple((k, v) for k, v in sample.labels.items() if k != "le")].append(sample)
    return found


def _interval_s() -> float:
    try:
        return int(os.environ.get("OTEL_METRIC_EXPORT_INTERVAL") or _INTERVAL_MS) / 1_000
    except ValueError:
        _log.warning("OTEL_METRIC_EXPORT_INTERVAL is not a number of milliseconds; 60000 is used")
        return _INTERVAL_MS / 1_000
