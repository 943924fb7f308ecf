"""Log lines over OTLP, with the trace that they belong to."""

import logging
from typing import Any

from opentelemetry._logs import Logger, LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    set_span_in_context,
)

from domain.operations import current, trace_of
from server.ops.logs import FIELDS, without_rows
from server.telemetry.traces import Recorded

# Lines about telemetry itself: if sending one failed, it would cause the next.
_OWN = ("opentelemetry", "urllib3", "requests", "grpc", "server.telemetry")
_SEVERITIES = (
    (logging.CRITICAL, SeverityNumber.FATAL, "FATAL"),
    (logging.ERROR, SeverityNumber.ERROR, "ERROR"),
    (logging.WARNING, SeverityNumber.WARN, "WARN"),
    (logging.INFO, SeverityNumber.INFO, "INFO"),
    (logging.NOTSET, SeverityNumber.DEBUG, "DEBUG"),
)


class LogRecords(logging.Handler):
    """Hands log lines to OpenTelemetry; the SDK's own handler is deprecated."""

    def __init__(self, logger: Logger) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Hand over one line; none about telemetry."""
        if record.name.partition(".")[0] in _OWN or record.name.startswith(_OWN):
            return
        try:
            self._logger.emit(self._converted(record))
        except Exception:
            self.handleError(record)

    def _converted(self, record: logging.LogRecord) -> LogRecord:
        number, text = next(
            (number, text) for level, number, text in _SEVERITIES if record.levelno >= level
        )
        return LogRecord(
            timestamp=int(record.created * 1_000_000_000),
            context=_context(),
            severity_number=number,
            severity_text=text,
            body=record.getMessage(),
            attributes=_attributes(record),
        )


def _attributes(record: logging.LogRecord) -> dict[str, Any]:
    fields = getattr(record, FIELDS, {})
    values: dict[str, Any] = {"logger.name": record.name}
    for name, value in fields.items():
        if value is not None:
            values[name] = value if isinstance(value, str | bool | int | float) else str(value)
    operations = current.get()
    if operations and operations[0].request_id:
        values["requestId"] = operations[0].request_id
    if record.exc_info and record.exc_info[0] is not None:
        values["exception.type"] = record.exc_info[0].__name__
        values["exception.stacktrace"] = without_rows(record.exc_info)
    return values


def _context() -> Context:
    """The span that the line belongs to; of the caller, where the operation is not recorded."""
    operations = current.get()
    trace = trace_of(operations[0]) if operations else None
    if isinstance(trace, Recorded):
        span = trace.context
    elif operations and (parent := operations[0].parent) is not None:
        ids = int(parent.trace_id, 16), int(parent.span_id, 16)
        span = SpanContext(*ids, True, TraceFlags(parent.flags & 1))
    else:
        return Context()
    return set_span_in_context(NonRecordingSpan(span), Context())
