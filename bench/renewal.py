"""Requests that age: they are made anew before each measurement, outside of it."""

import re
from datetime import UTC, datetime
from pathlib import Path

from bench import polls
from bench.servers import RunningServer

_AT = re.compile('"at":"[^"]*"')  # in the bodies of Q7


def renew(server: RunningServer, operation: str, file: Path) -> None:
    """Write a file of requests again: calls that ended just now, and the ETags of now."""
    if operation == "Q7":
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        file.write_text(_AT.sub(f'"at":"{now}"', file.read_text("utf-8")), "utf-8")
    elif operation == "Q8":
        targets = [line.partition("\t")[0] for line in file.read_text("utf-8").splitlines()]
        lines = polls.lines(server.url, targets, server.server.token)
        file.write_text("\n".join(lines) + "\n", "utf-8")
