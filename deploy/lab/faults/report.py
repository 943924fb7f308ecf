"""What a fault did to clients: figures, and what is wrong with them."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import psycopg

from deploy.lab.faults import load as loads
from deploy.lab.faults.fault import Fault
from deploy.lab.faults.load import OK, Answered, Load

# An operation ends after 5 s; the rest is for a busy machine.
ANSWER_MAX_S, PROBE_MAX_S, RECOVER_MAX_S = 7.0, 2.5, 20.0
ALIVE_MAX_S = 1.0  # it depends on nothing but the event loop
_LOG_LINES_MAX = 15
_PROBES = (loads.READY, loads.ALIVE)


@dataclass(slots=True)
class Row:
    """The figures of one fault."""

    what: str
    seen: dict[str, int]  # what clients saw other than success, and how often
    longest_gap_s: float  # without a success of one kind of request
    slowest_s: float
    recovered_s: float  # from the end of the fault to the last failure
    acknowledged: int
    log_lines: int
    readiness: dict[str, int]
    faults: list[str] = field(default_factory=list)  # what is wrong; empty: as it should be

    def markdown(self) -> str:
        """A row of the table in docs/operations.md."""
        seen = ", ".join(f"{count} {label}" for label, count in self.seen.items()) or "nothing"
        ready = ", ".join(self.readiness) or "ok"
        cells = (
            self.what,
            seen,
            f"{self.longest_gap_s:.1f}",
            f"{self.slowest_s:.1f}",
            f"{self.recovered_s:.1f}",
            ready,
            str(self.log_lines),
            "; ".join(self.faults) or "as it should be",
        )
        return f"| {' | '.join(cells)} |"


_COLUMNS = (
    "fault",
    "what clients saw",
    "longest time without a success, s",
    "slowest answer, s",
    "last failure after its end, s",
    "`/readyz`",
    "log lines",
    "verdict",
)
HEAD = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|"


def judged(fault: Fault, load: Load, ended_at: float, stored: set[str], lines: list[Any]) -> Row:
    """The row of a fault that ended at this time; `stored` are the models in the database."""
    asked = [one for one in load.answers if one.kind not in _PROBES]
    failed = [one for one in asked if one.label != OK]
    probes = [one for one in load.answers if one.kind == loads.READY and one.label != OK]
    row = Row(
        fault.what,
        dict(Counter(one.label for one in failed).most_common()),
        max(_longest_gap_s([one for one in asked if one.kind == kind]) for kind in _kinds(asked)),
        max(one.ended_at - one.began_at for one in asked),
        max([0.0, *(one.ended_at - ended_at for one in failed)]),
        len(load.acknowledged),
        len(lines),
        dict(Counter(one.label for one in probes).most_common()),
    )
    row.faults = [*_wrong_answers(load), *_lost(load, stored)]
    if not fault.breaks_a_process:
        row.faults += _slow_answers(load)
    if row.recovered_s > RECOVER_MAX_S:
        row.faults.append(f"not well {row.recovered_s:.0f} s after the fault")
    if row.log_lines > _LOG_LINES_MAX:
        row.faults.append("too many log lines")
    return row


def _kinds(answers: list[Answered]) -> set[str]:
    return {one.kind for one in answers}


def _longest_gap_s(answers: list[Answered]) -> float:
    """The longest time between two successes."""
    times = sorted(one.ended_at for one in answers if one.label == OK)
    return max((after - before for before, after in pairwise(times)), default=0)


def _wrong_answers(load: Load) -> list[str]:
    wrong = []
    for label, count in Counter(one.label for one in load.answers).items():
        if "INTERNAL" in label or label.startswith("500") or label == "ReadTimeout":
            wrong.append(f"{count} {label}")
    return wrong


def _slow_answers(load: Load) -> list[str]:
    """Answers beyond the limit of an operation, and probes that depend on what is broken."""
    wrong = []
    slow = [one for one in load.answers if one.ended_at - one.began_at > _bound_s(one.kind)]
    if slow:
        worst = max(slow, key=lambda one: one.ended_at - one.began_at)
        wrong.append(f"{len(slow)} slow, as {worst.kind} {worst.ended_at - worst.began_at:.1f} s")
    alive = [one.label for one in load.answers if one.kind == loads.ALIVE and one.label != OK]
    if alive:
        wrong.append(f"healthz: {Counter(alive).most_common(2)}")
    return wrong


def _bound_s(kind: str) -> float:
    if kind == loads.ALIVE:
        return ALIVE_MAX_S
    return PROBE_MAX_S if kind == loads.READY else ANSWER_MAX_S


def _lost(load: Load, stored: set[str]) -> list[str]:
    lost = []
    if missing := load.acknowledged - stored:
        lost.append(f"{len(missing)} acknowledged writes are not there")
    if unseen := load.acknowledged - set(load.seen):
        lost.append(f"the subscriber missed {len(unseen)}")
    if repeated := [name for name, count in Counter(load.seen).items() if count > 1]:
        lost.append(f"the subscriber saw {len(repeated)} twice")
    return lost


def models(url: str) -> set[str]:
    """The names of all models in a database."""
    with psycopg.connect(url) as connection:
        return {str(name) for (name,) in connection.execute("SELECT name FROM models")}


def warnings(log: Path, offset: int) -> list[Any]:
    """The log lines after a position, other than those of single requests, slow ones too."""
    found = []
    with log.open("rb") as file:
        file.seek(offset)
        for line in file:
            try:
                parsed = orjson.loads(line)
            except orjson.JSONDecodeError:
                parsed = {"level": "text", "message": line.decode(errors="replace").rstrip()}
            if parsed["level"] not in ("info", "debug") and parsed.get("logger") != "slow":
                found.append(parsed)
    return found
