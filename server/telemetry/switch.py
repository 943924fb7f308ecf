"""Whether the OTEL_* variables ask for telemetry; only then is the OpenTelemetry SDK imported."""

import logging
import os
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from server.ops.readings import Readings

if TYPE_CHECKING:  # commands need no pipeline
    from server.execution.pipeline import RequestPipeline

TRACES, METRICS, LOGS = "traces", "metrics", "logs"
# Log lines go to stderr already, and an agent often collects them there: they need more than the
# common endpoint to be sent a second time.
_BY_ENDPOINT = (TRACES, METRICS)

_log = logging.getLogger(__name__)


class Telemetry(Protocol):
    """What is sent to a collector while the process runs."""

    def trace(self, pipeline: "RequestPipeline") -> None:
        """Take the spans of its operations, if traces are sent."""

    def exporting(self, readings: Readings) -> AbstractAsyncContextManager[None]:
        """Send metrics while the block runs, and what is left at its end."""

    def stop(self) -> None:
        """Send what is left, for some seconds at most."""


class _Process:
    telemetry: Telemetry | None = None


def wanted(variables: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The names of the exporters of each signal that is on, as the specification has them.

    https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    """
    if variables.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return {}
    found = {}
    for signal in (TRACES, METRICS, LOGS):
        given = variables.get(f"OTEL_{signal.upper()}_EXPORTER", "").strip()
        if not given and _has_endpoint(variables, signal):
            given = "otlp"
        # Prometheus reads /metrics, which is always there
        names = tuple(name.strip() for name in given.split(",") if name.strip())
        if names := tuple(name for name in names if name not in ("none", "prometheus")):
            found[signal] = names
    return found


def start(service: str = "model-registry") -> Telemetry | None:
    """Start what the environment asks for; None when it asks for nothing, or it is not installed.

    `service` is the name of the service where OTEL_SERVICE_NAME gives none.
    """
    signals = wanted(os.environ)
    if not signals:
        return None
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        _log.warning(
            "OTEL_* variables ask for telemetry, but OpenTelemetry is not installed: install"
            " model-registry[telemetry], or set OTEL_SDK_DISABLED=true"
        )
        return None
    try:
        from server.telemetry import sdk

        _Process.telemetry = sdk.start(signals, service)
    except ValueError as error:  # the SDK checks some of its variables so, and ignores others
        _log.warning("A variable OTEL_* has an invalid value, so no telemetry is sent: %s", error)
    return _Process.telemetry


def started() -> Telemetry | None:
    """What this process sends, if anything."""
    return _Process.telemetry


def exporting(readings: Readings) -> AbstractAsyncContextManager[None]:
    """Send metrics while the block runs, if anything is sent."""
    telemetry = started()
    return nullcontext() if telemetry is None else telemetry.exporting(readings)


def _has_endpoint(variables: Mapping[str, str], signal: str) -> bool:
    own = f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT"
    common = signal in _BY_ENDPOINT and bool(variables.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    return common or bool(variables.get(own))
