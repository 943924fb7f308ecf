"""What a circuit has to do, written down plainly and apart from domain/circuits.py.

It keeps every call of the current period in a list, and looks at all of it each time.
"""

from datetime import datetime, timedelta
from typing import Any

Call = tuple[datetime, bool, int]  # when it ended, whether it failed, how many there were
SECOND = timedelta(seconds=1)


class Reference:
    """One circuit, and the actions of the events that it has caused."""

    def __init__(self) -> None:
        self.stored = "CLOSED"
        self.open_until: datetime | None = None
        self.trial_until: datetime | None = None
        self.held_until: datetime | None = None
        self.openings = 0
        self.row = 0  # of failures
        self.is_strict = False  # an operator has set it or a gateway claimed it: no lag of clocks
        self.since: datetime | None = None  # when it changed last
        self.log: list[Call] = []  # what is counted while it is CLOSED
        self.events: list[str] = []

    def state(self, now: datetime) -> str:
        if self.stored == "OPEN" and self.open_until is not None and now >= self.open_until:
            return "HALF_OPEN"
        return self.stored

    def report(self, calls: list[Call], now: datetime) -> None:
        before = len(self.events)
        self._count(calls, now)
        del self.events[before:-1]  # what was in between is never stored

    def claim(self, now: datetime) -> bool | None:
        """Whether the trial is claimed by this call; None when it is refused."""
        if self.state(now) != "HALF_OPEN":
            return None
        if self.trial_until is not None and now < self.trial_until:
            return False
        self.stored, self.trial_until, self.held_until = "HALF_OPEN", now + 30 * SECOND, None
        self.is_strict = True
        self._changed("CIRCUIT_HALF_OPENED", now)
        return True

    def set_open(self, until: datetime | None, now: datetime) -> None:
        self.stored, self.open_until, self.held_until = "OPEN", until, until
        self.trial_until, self.log, self.is_strict = None, [], True
        self._changed("CIRCUIT_OPENED", now)

    def set_closed(self, until: datetime | None, now: datetime) -> None:
        self._close(now, until)
        self.is_strict = True

    def as_stored(self) -> dict[str, Any]:
        return {
            "state": self.stored,
            "open_until": self.open_until,
            "trial_until": self.trial_until,
            "held_until": self.held_until,
            "openings": self.openings,
            "changed_at": self.since,
            "consecutive_failures": self.row,
        }

    def _count(self, calls: list[Call], now: datetime) -> None:
        recent = [(min(at, now), failed, n) for at, failed, n in calls if now - at < 60 * SECOND]
        for moment in sorted({at for at, _, _ in recent}):
            together = [call for call in recent if call[0] == moment]
            failures = sum(n for _, failed, n in together if failed)
            has_success = any(not failed for _, failed, _ in together)
            match self.state(now):
                case "HALF_OPEN":
                    assert self.open_until is not None
                    if self.open_until - moment > self._lag():
                        continue
                    if failures:
                        self.row += failures
                        self._open(now)
                    else:
                        self._close(now, None)
                case "CLOSED":
                    if self.since is not None and self.since - moment > self._lag():
                        continue
                    self.log += together
                    self.row = 0 if has_success else self.row + failures
                    is_held = self.held_until is not None and now < self.held_until
                    if not is_held and (self.row >= 5 or self._mostly_failed(now)):
                        self._open(now)

    def _lag(self) -> timedelta:
        return 0 * SECOND if self.is_strict else 5 * SECOND

    def _mostly_failed(self, now: datetime) -> bool:
        """Of the calls since the start of the ten seconds that were a minute ago."""
        ten_seconds = now.replace(second=now.second // 10 * 10, microsecond=0)
        counted = [call for call in self.log if call[0] >= ten_seconds - 60 * SECOND]
        total = sum(n for _, _, n in counted)
        return total >= 5 and 2 * sum(n for _, failed, n in counted if failed) > total

    def _open(self, now: datetime) -> None:
        seconds = (30, 60, 120, 240, 480)[self.openings] if self.openings < 5 else 900
        self.openings += 1
        self.is_strict = False
        self.stored, self.open_until, self.held_until = "OPEN", now + seconds * SECOND, None
        self.trial_until, self.log = None, []
        self._changed("CIRCUIT_OPENED", now)

    def _close(self, now: datetime, held_until: datetime | None) -> None:
        self.stored, self.open_until, self.trial_until = "CLOSED", None, None
        self.held_until, self.openings, self.row, self.log = held_until, 0, 0, []
        self.is_strict = False
        self._changed("CIRCUIT_CLOSED", now)

    def _changed(self, action: str, now: datetime) -> None:
        self.since = now
        self.events.append(action)
