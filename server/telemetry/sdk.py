"""Starts and stops what is sent; the only module that imports the OpenTelemetry SDK with it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client.metrics_core import Metric

from domain import operations
from server.execution.messages import GraphQLResponse
from server.ops import logs, work
from server.ops.readings import Readings
from server.telemetry.exporters import exporters, resource
from server.telemetry.log_records import LogRecords
from server.telemetry.metrics import MetricExport, in_thread
from server.telemetry.switch import LOGS, METRICS, TRACES
from server.telemetry.traces import Tracer

if TYPE_CHECKING:  # commands need no pipeline
    from server.execution.pipeline import RequestPipeline

_STARTED = GraphQLResponse(b"")  # of a subscription: its results come later
_STOP_S = 3.0  # to send what is left


class Started:
    """What a process sends: see Telemetry."""

    def __init__(self, signals: dict[str, tuple[str, ...]], service: str) -> None:
        of_process = resource(service)
        self._tracer: Tracer | None = None
        self._metrics: MetricExport | None = None
        self._logs: LoggerProvider | None = None
        if found := list(exporters(TRACES, signals.get(TRACES, ()))):
            self._tracer = Tracer(of_process, [BatchSpanProcessor(each) for each in found])
        if found := list(exporters(METRICS, signals.get(METRICS, ()))):
            self._metrics = MetricExport(of_process, found)
        if found := list(exporters(LOGS, signals.get(LOGS, ()))):
            self._logs = LoggerProvider(of_process, shutdown_on_exit=False)
            for each in found:
                self._logs.add_log_record_processor(BatchLogRecordProcessor(each))
        self._attach()  # at last: a value that the SDK refuses leaves nothing attached

    def _attach(self) -> None:
        if self._tracer is not None:
            operations.set_tracer(self._tracer.decide)
            work.observers.append(self._tracer.observe_work)
        if self._logs is not None:
            logging.root.addHandler(LogRecords(self._logs.get_logger("model-registry")))

    def trace(self, pipeline: "RequestPipeline") -> None:
        """Take the spans of its operations, if traces are sent."""
        if self._tracer is not None:
            pipeline.observers.append(self._tracer.observe)
            pipeline.stream_observers.append(partial(self._tracer.observe, response=_STARTED))

    @asynccontextmanager
    async def exporting(self, readings: Readings) -> AsyncIterator[None]:
        """Send metrics while the block runs, and what is left at its end."""

        async def collect() -> Iterable[Metric]:
            return list(readings.registry.collect())

        task = asyncio.create_task(self._metrics.run(collect)) if self._metrics else None
        try:
            yield
        finally:
            if task is not None and self._metrics is not None:
                task.cancel()
                try:
                    async with asyncio.timeout(_STOP_S):
                        await self._metrics.send(collect)
                except TimeoutError:
                    pass
            await in_thread(self.stop)

    def stop(self) -> None:
        """Send what is left, for some seconds at most; what hangs then ends with the process."""
        stops = [each.shutdown for each in (self._logs,) if each is not None]
        if self._tracer is not None:
            stops.append(self._tracer.shutdown)
        if self._metrics is not None:
            stops.append(self._metrics.stop)
        threads = [Thread(target=stop, daemon=True) for stop in stops]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(_STOP_S / len(threads))


def start(signals: dict[str, tuple[str, ...]], service: str) -> Started:
    """Start to send the signals, each by its exporters."""
    logs.limit_telemetry_lines()
    return Started(signals, service)
