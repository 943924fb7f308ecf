"""What is noted of the imports of a catalog; see db/writes/work_runs.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# Earlier releases noted both times of one run by two readings of the clock.
_SAME = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class CatalogImport:
    """The last import of a catalog, and the figures of the last one that succeeded.

    A figure is None where no import has succeeded, or where the release that ran it noted none.
    """

    ended_at: datetime
    succeeded: bool
    succeeded_at: datetime | None
    seconds: float
    entries: int | None
    created: int | None
    changed: int | None
    delisted: int | None
    relisted: int | None
    conflicts: int | None
    skipped: int | None


_FIGURES = ("entries", "created", "changed", "delisted", "relisted", "conflicts", "skipped")


def of_runs(row: Mapping[str, Any] | None) -> CatalogImport | None:
    """The last import by a row of work_runs, as JSON; None where there is none."""
    if row is None:
        return None
    ended_at = datetime.fromisoformat(row["last_ended_at"])
    at = row["last_succeeded_at"]
    succeeded_at = None if at is None else datetime.fromisoformat(at)
    return CatalogImport(
        ended_at=ended_at,
        succeeded=succeeded_at is not None and abs(ended_at - succeeded_at) < _SAME,
        succeeded_at=succeeded_at,
        seconds=row["last_seconds"],
        **{name: row["figures"].get(name) for name in _FIGURES},
    )
