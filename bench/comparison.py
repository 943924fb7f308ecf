"""Another registry, measured in the same rounds: of another checkout, with tokens or telemetry."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from bench import machine, summary, tokens
from bench.heads import Headers
from bench.measure import Sample
from bench.servers import CACHED, REGISTRY, SERVERS, Server
from bench.summary import Ratio
from deploy.lab.collector import Collector
from domain.access import Role

PREFIX = "other_"  # of the names of the other registry's servers
# A sampled trace costs more than one that is not: a hundredth is what busy services sample. Metrics
# are sent each 5 s instead of each minute, so that each measurement has an export.
_TELEMETRY = {
    "OTEL_SDK_DISABLED": "false",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.01",
    "OTEL_METRIC_EXPORT_INTERVAL": "5000",
}
_POINTS = str(10**9)  # a minute: the rate limit is not what is measured
# Settings that had another name in older versions. A server ignores names that it does not know.
_FORMER_NAMES = {
    "REGISTRY_READ_CONNECTIONS_MAX": "REGISTRY_POOL_SIZE",
    "REGISTRY_WRITE_CONNECTIONS_MAX": "REGISTRY_POOL_OVERFLOW",
    "REGISTRY_CONNECTION_WAIT_S": "REGISTRY_POOL_WAIT_S",
    "REGISTRY_RESPONSE_CACHE_BYTES_MAX": "REGISTRY_ANSWER_CACHE_BYTES_MAX",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """One operation with one kind of headers: medians of the registry and of the other one.

    The ratios are the registry's figure over the other's in the same round: responses per second,
    and server CPU per request.
    """

    operation: str
    headers: Headers
    is_cached: bool
    ratio: Ratio
    cpu_ratio: Ratio
    per_second: float
    other_per_second: float
    server_cpu_ms: float
    other_server_cpu_ms: float

    def figures(self) -> dict[str, object]:
        """All figures, for JSON."""
        return asdict(self)


def servers(checkout: Path) -> list[Server]:
    """The other checkout's registry, without and with its response cache.

    It needs its own environment (`make .venv/.made` there) and the same migrations, because all
    servers use one database. Raises SystemExit where there is no environment.
    """
    python = checkout.resolve() / ".venv" / "bin" / "python"
    if not python.exists():
        raise SystemExit(f"{checkout} has no environment: run make .venv/.made there")
    return [
        replace(
            server,
            name=PREFIX + server.name,
            title=f"{server.title} ({commit(checkout)})",
            command=(str(python), *server.command[1:]),
            folder=checkout.resolve(),
            environment=_with_former_names(server.environment),
        )
        for server in SERVERS
        if server.name in (REGISTRY, CACHED)
    ]


def with_tokens(url: str) -> list[Server]:
    """The registry of this checkout where each caller needs a token; adds one to the database."""
    token = tokens.issue(url, Role.EDITOR)  # Q4 writes
    required = {"REGISTRY_REQUIRE_TOKENS": "true", "REGISTRY_POINTS_PER_MINUTE": _POINTS}
    return [replace(each, token=token) for each in _changed("with tokens", required)]


def with_telemetry(collector: str) -> list[Server]:
    """The registry of this checkout that sends its telemetry to the collector at a URL."""
    return _changed("with telemetry", {**_TELEMETRY, "OTEL_EXPORTER_OTLP_ENDPOINT": collector})


def require_exports(collecting: Collector) -> None:
    """Raise SystemExit if a signal never arrived: then its cost was not measured."""
    arrived = {"spans": collecting.spans, "metrics": collecting.metrics}
    if missing := [name for name, found in arrived.items() if not found]:
        raise SystemExit(f"The collector got no {' and no '.join(missing)}")


def _changed(what: str, environment: dict[str, str]) -> list[Server]:
    """The registry of this checkout, without and with its response cache, with other settings."""
    return [
        replace(
            server,
            name=PREFIX + server.name,
            title=f"{server.title} ({what})",
            environment={**server.environment, **environment},
        )
        for server in SERVERS
        if server.name in (REGISTRY, CACHED)
    ]


def commit(checkout: Path) -> str:
    """The commit of the other checkout, or the folder's name when it is no Git repository."""
    return machine.git_commit(checkout) or checkout.resolve().name


def _with_former_names(environment: dict[str, str]) -> dict[str, str]:
    # an older schema may refuse the trusted documents of Q8, and then not start
    environment = {name: text for name, text in environment.items() if name != "REGISTRY_DOCUMENTS"}
    values = os.environ | environment
    former = {old: values[new] for new, old in _FORMER_NAMES.items() if new in values}
    return environment | former


def rows(samples: Sequence[Sample]) -> list[ComparisonRow]:
    """A row for each operation and kind of headers, without and with cached responses."""
    groups: dict[tuple[str, Headers, str], list[Sample]] = {}
    for sample in sorted(samples, key=lambda each: (each.operation, each.headers, each.round)):
        groups.setdefault((sample.operation, sample.headers, sample.server), []).append(sample)
    return [
        _row(groups[operation, headers, name.removeprefix(PREFIX)], others)
        for (operation, headers, name), others in groups.items()
        if name.startswith(PREFIX)
    ]


def _row(samples: Sequence[Sample], others: Sequence[Sample]) -> ComparisonRow:
    cpu_ms, other_cpu_ms = ([each.server_ms for each in group] for group in (samples, others))
    return ComparisonRow(
        operation=samples[0].operation,
        headers=samples[0].headers,
        is_cached=samples[0].server == CACHED,
        ratio=summary.rate_ratio(samples, others),
        cpu_ratio=summary.ratio(cpu_ms, other_cpu_ms),
        per_second=round(median(each.load.per_second for each in samples), 1),
        other_per_second=round(median(each.load.per_second for each in others), 1),
        server_cpu_ms=round(median(cpu_ms), 3),
        other_server_cpu_ms=round(median(other_cpu_ms), 3),
    )
