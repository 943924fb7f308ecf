"""One log line for an outage, and not one for each request and connection that it fails."""

import logging
from collections import Counter
from time import monotonic

_PERIOD_S = 30.0
_LIBRARIES = ("procrastinate", "psycopg.pool", "db.reads.listener")
OUTAGE = "outage"  # the attribute of records that belong to one; its value tells outages apart


class OncePerOutage(logging.Filter):
    """Lets one record of each kind through in half a minute; the next one has their number.

    A kind is the attribute `outage` of a record, or the library that logs the same for each of its
    connections. The log of requests still has the status of each.
    """

    def __init__(self) -> None:
        super().__init__()
        self._until: dict[str, float] = {}
        self._dropped: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log it."""
        kind = _kind(record)
        if not kind:
            return True
        now = monotonic()
        if now < self._until.get(kind, 0.0):
            self._dropped[kind] += 1
            return False
        self._until[kind] = now + _PERIOD_S
        if dropped := self._dropped.pop(kind, 0):
            record.msg = f"{record.getMessage()} (and {dropped} like it before)"
            record.args = ()
        return True


def _kind(record: logging.LogRecord) -> str:
    kind = getattr(record, OUTAGE, "")
    if not kind and logging.WARNING <= record.levelno < logging.CRITICAL:
        kind = next((name for name in _LIBRARIES if record.name.startswith(name)), "")
    return str(kind)
