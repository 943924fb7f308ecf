"""The level of log lines while processes run: `registry log-level` writes it to a file.

Each process of a server looks at the file once a second. It is in the data directory, so it works
without the database, and in a container by `exec`. Whatever it says ends at its time.
"""

import asyncio
import logging
import time
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import orjson

from server.ops import logs
from server.settings import Settings

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[str, ...] = get_args(Level)
MINUTES_MAX = 10_080  # 7 days

_NAME = "log-level.json"
_PERIOD_S = 1.0

_log = logging.getLogger(__name__)


class Override(NamedTuple):
    """A level that replaces that of the settings until a Unix time."""

    level: str
    until: float


def write(data_dir: Path, level: str, minutes: int) -> Override:
    """Set the level of all processes with this data directory; raises OSError."""
    override = Override(level, time.time() + 60 * minutes)
    data_dir.mkdir(parents=True, exist_ok=True)
    new = data_dir / f"{_NAME}.new"
    new.write_bytes(orjson.dumps(override._asdict()))
    new.replace(data_dir / _NAME)  # a process reads the old one or the new one
    return override


def reset(data_dir: Path) -> None:
    """Let the level of the settings hold again."""
    (data_dir / _NAME).unlink(missing_ok=True)


def read(data_dir: Path) -> Override | None:
    """The level that holds now, if it is not that of the settings; a faulty file holds nothing."""
    try:
        found = orjson.loads((data_dir / _NAME).read_bytes())
        override = Override(found["level"], float(found["until"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return override if override.level in LEVELS and override.until > time.time() else None


async def follow(settings: Settings, period_s: float = _PERIOD_S) -> None:
    """Keep to the file until cancelled."""
    data_dir, level = settings.data_dir.expanduser(), settings.log_level
    current: str = level
    while True:
        override = read(data_dir)
        wanted = override.level if override else level
        if wanted != current:
            current = wanted
            logs.set_level(wanted)
            _log.log(logging.root.level, "log lines from the level %s on are written", wanted)
        await asyncio.sleep(period_s)
