"""From readings to metrics: what the parts of a process know, in the form of prometheus_client."""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from domain.tallies import Tally
from server.ops.instruments import PROCESS, Instrument, Kind


class Reading(NamedTuple):
    """A value of an instrument: a Tally of a histogram.

    A source gives its labels without the last one of a process, which `Readings.read` adds.
    """

    instrument: Instrument
    value: float | Tally
    labels: tuple[str, ...] = ()


# Reads plain numbers whenever somebody asks for metrics, at once and without an await.
Source: TypeAlias = Callable[[], Iterable[Reading]]


class Collected(Collector):
    """Readings as metrics."""

    def __init__(self, readings: Iterable[Reading] = ()) -> None:
        self._readings = readings

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are known when they are collected."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The metrics."""
        return families(self._readings)


class Readings(Collected):
    """The metrics of a process: `registry` collects from all sources that were added."""

    def __init__(self) -> None:
        super().__init__()
        self.process = "0"  # the number of this worker
        self.sources: list[Source] = []
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)

    def read(self) -> Iterator[Reading]:
        """What all sources say now, with complete labels."""
        for source in self.sources:
            for reading in source():
                if reading.instrument.labels[-1:] == (PROCESS,):
                    yield reading._replace(labels=(*reading.labels, self.process))
                else:
                    yield reading

    def collect(self) -> Iterator[Metric]:
        """The same as metrics."""
        return families(self.read())


def families(readings: Iterable[Reading]) -> Iterator[Metric]:
    """A metric for each instrument that has readings, with a sample or histogram for each."""
    found: dict[Instrument, Metric] = {}
    for instrument, value, labels in readings:
        metric = found.get(instrument)
        if metric is None:
            metric = found[instrument] = _family(instrument)
        _add(metric, labels, value)
    return iter(found.values())


def _family(instrument: Instrument) -> Metric:
    name, text, labels = instrument.name, instrument.help, instrument.labels
    if instrument.kind is Kind.COUNTER:
        return CounterMetricFamily(name, text, labels=labels)
    if instrument.kind is Kind.GAUGE:
        return GaugeMetricFamily(name, text, labels=labels)
    return HistogramMetricFamily(name, text, labels=labels)


def _add(metric: Metric, labels: tuple[str, ...], value: float | Tally) -> None:
    if isinstance(metric, HistogramMetricFamily):
        assert isinstance(value, Tally)
        ends = (*map(str, map(float, value.bounds)), "+Inf")
        buckets = list(zip(ends, accumulate(value.counts), strict=True))
        metric.add_metric(labels, buckets, value.total)
    else:
        assert isinstance(metric, CounterMetricFamily | GaugeMetricFamily)
        assert not isinstance(value, Tally)
        metric.add_metric(labels, value)
