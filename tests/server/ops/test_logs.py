"""Log lines: JSON for machines, text for a terminal."""

import json
import logging
import sys
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from db.postgres.engine import Database
from domain.operations import Operation, running
from server.ops.logs import JsonLines, ReadableLines, configure, shorten_outage
from server.settings import Settings
from tests import factories


@pytest.fixture
def record() -> logging.LogRecord:
    """A log record with fields and an exception."""
    try:
        raise ValueError("why")
    except ValueError:
        record = logging.LogRecord(
            "a.b", logging.ERROR, "f", 1, "went %s", ("wrong",), sys.exc_info()
        )
    record.fields = {"path": "/x", "status": 500}
    return record


@pytest.fixture
def in_request() -> Iterator[None]:
    with running(Operation("id-1")):
        yield


@pytest.mark.usefixtures("in_request")
def test_a_json_line_has_all_fields(record: logging.LogRecord) -> None:
    text = JsonLines().format(record)
    line = json.loads(text)
    assert "\n" not in text
    assert line.pop("at").endswith("+00:00")
    assert "ValueError: why" in line.pop("exception")
    assert line == {
        "level": "error",
        "logger": "a.b",
        "message": "went wrong",
        "path": "/x",
        "status": 500,
        "requestId": "id-1",
    }


@pytest.mark.usefixtures("in_request")
def test_a_text_line_has_the_fields_and_then_the_traceback(record: logging.LogRecord) -> None:
    first, *rest = ReadableLines().format(record).splitlines()
    assert first.endswith("went wrong path=/x status=500 requestId=id-1")
    assert rest[-1] == "  ValueError: why"
    assert {line[:2] for line in rest} == {"  "}


UNSAFE = ["\n", "\r", "\x1b[2J", "\x00", "\x7f", "\x9b2J", "\u2028", "\u202e", "\x08"]


@pytest.mark.parametrize("unsafe", UNSAFE, ids=ascii)
def test_what_clients_send_cannot_forge_a_line_or_command_a_terminal(unsafe: str) -> None:
    given = f"a{unsafe}12:00:00 info request"
    try:
        raise ValueError(given)
    except ValueError:
        error = sys.exc_info()
    record = logging.LogRecord("a", logging.ERROR, "f", 1, "%s", (given,), error)
    record.fields = {"path": given}
    with running(Operation(given)):
        text = ReadableLines().format(record)
        line = JsonLines().format(record)
    assert unsafe.replace("\n", "\r") not in text
    first, *rest = text.split("\n")
    assert first.count("12:00:00") == 3
    assert all(each.startswith("  ") for each in rest)
    assert line.count("\n") == 0
    assert json.loads(line)["message"] == given


@pytest.mark.parametrize("url", ["/%0a", "/%1b[2J", "/%e2%80%a8", "/%c2%9b"])
async def test_a_path_is_escaped_in_the_text_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    with caplog.at_level(logging.INFO, "access"):
        await client.get(url)
    [record] = [each for each in caplog.records if each.name == "access"]
    assert ReadableLines().format(record).isprintable()


@pytest.mark.parametrize(("chosen", "expected"), [("auto", JsonLines), ("text", ReadableLines)])
def test_without_a_terminal_the_default_format_is_json(
    chosen: str, expected: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    configure(Settings(_env_file=None, log_format=chosen))  # type: ignore[arg-type]  # one of them
    [handler] = logging.root.handlers
    assert type(handler.formatter) is expected


async def test_each_request_has_a_log_line_with_its_operation(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "access"):
        await client.post("/graphql", json={"query": "query Named { __typename }"})
        await client.get("/nowhere")
    first, second = (vars(line)["fields"] for line in caplog.records if line.name == "access")
    assert first.pop("ms") >= 0
    expected = {"method": "POST", "path": "/graphql", "status": 200, "operation": "Named"}
    assert first == {**expected, "actor": "anonymous", "points": 1}
    assert (second["path"], second["status"]) == ("/nowhere", 404)


def _logged(name: str, cause: Exception) -> logging.LogRecord:
    """A record as a library makes it of an exception that wraps the driver's."""
    try:
        raise RuntimeError("Database error.") from cause
    except RuntimeError as error:
        info = (type(error), error, error.__traceback__)
    return logging.LogRecord(name, logging.ERROR, "", 0, "listener:\n failed", (), info)


def test_the_queue_says_in_one_line_that_its_database_is_away() -> None:
    line = _logged("procrastinate.worker", psycopg.OperationalError("connection\nfailed"))
    assert shorten_outage(line)
    assert (line.levelname, line.exc_info) == ("WARNING", None)
    assert line.getMessage() == "listener: failed: connection failed"


def test_causes_that_refer_to_each_other_end() -> None:
    first, second = psycopg.OperationalError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    line = _logged("procrastinate.worker", first)
    assert shorten_outage(line)
    assert line.levelname in ("ERROR", "WARNING")


@pytest.mark.parametrize(
    ("name", "cause"),
    [("procrastinate", ValueError("?")), ("server", psycopg.OperationalError("failed"))],
)
def test_other_errors_keep_their_traceback(name: str, cause: Exception) -> None:
    line = _logged(name, cause)
    assert shorten_outage(line)
    assert (line.levelname, line.getMessage()) == ("ERROR", "listener:\n failed")
    assert line.exc_info is not None


@pytest.mark.parametrize("formatter", [JsonLines(), ReadableLines()])
async def test_a_traceback_has_no_values_of_rows(
    db: Database, formatter: logging.Formatter
) -> None:
    """PostgreSQL shows the whole row that breaks a constraint, and SQLAlchemy the parameters."""
    secret = "env://HIDDEN\nCONTEXT: HIDDEN)"
    version = await factories.version(db, await factories.model(db))
    try:
        await factories.binding(db, version, credential_ref=secret, weight=-1)
    except IntegrityError:
        error = sys.exc_info()
    text = formatter.format(logging.LogRecord("a", logging.ERROR, "f", 1, "failed", (), error))
    assert "HIDDEN" not in text
    assert "violates check constraint" in text
    assert "Traceback" in text
