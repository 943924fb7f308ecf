"""Histories of registers that concurrent clients read and write, and whether they can be right.

A register is one value that is written and read. Its history is linearizable when each operation
can be thought to happen at one moment between its start and its end, so that each read returns what
was written last. The search is that of Wing and Gong, with the memory of Lowe:
https://www.cs.ox.ac.uk/people/gavin.lowe/LinearizabiltyTesting/
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

INITIAL = 0  # the value before the first write; each write has another one


@dataclass(frozen=True, slots=True)
class Operation:
    """One read or write of a key, between two times of one clock.

    `known` is the revision that the request named (None for none), `stated` that of the response
    (None for none). The end of a write whose outcome is unknown is inf.
    """

    client: int
    key: str
    is_write: bool
    value: int
    started_at: float
    ended_at: float
    known: int | None = None
    stated: int | None = None


class Fault(NamedTuple):
    """What cannot be right, and the operations that show it."""

    what: str
    operations: Sequence[Operation]


def is_linearizable(operations: Iterable[Operation]) -> bool:
    """Whether the operations of one register have an order that explains them."""
    every = sorted(operations, key=lambda one: one.started_at)
    required = sum(1 << place for place, one in enumerate(every) if one.ended_at < inf)
    seen: set[tuple[int, int]] = set()
    pending = [(0, INITIAL)]  # the operations that have happened, as bits; and the value
    while pending:
        done, value = pending.pop()
        if done & required == required:
            return True
        candidates = _first(every, done)
        # a read of the present value changes nothing: if it can happen now, it need not wait
        reads = [n for n in candidates if not every[n].is_write and every[n].value == value]
        for place in reads[:1] or [n for n in candidates if every[n].is_write]:
            state = (done | 1 << place, every[place].value)
            if state not in seen:
                seen.add(state)
                pending.append(state)
    return False


def _first(every: Sequence[Operation], done: int) -> list[int]:
    """The operations that may happen next: none that is left has ended before their start."""
    earliest_end = inf
    found = []
    for place, one in enumerate(every):
        if one.started_at > earliest_end:
            break
        if not done >> place & 1:
            found.append(place)
            earliest_end = min(earliest_end, one.ended_at)
    return found


def faults(
    operations: Sequence[Operation],
    committed: Mapping[str, Mapping[int, int]],
    stale_max_s: float,
) -> list[Fault]:
    """What breaks a promise, given the revision of each value of each key, from the audit log.

    A read that names a revision shows what was committed up to it. A response shows nothing newer
    than the revision that it states. A read that names none misses only writes that were
    acknowledged less than `stale_max_s` before it. An acknowledged write is there.
    """
    found = []
    for one in operations:
        revisions = {INITIAL: 0, **committed[one.key]}
        at = revisions.get(one.value)
        if at is None:
            if not one.is_write or one.ended_at < inf:
                found.append(Fault("a value that was never committed", [one]))
            continue
        if one.stated is not None and at > one.stated:
            found.append(Fault("newer than the revision that the response states", [one]))
        if one.is_write:
            continue
        if one.known is not None and at < max(r for r in revisions.values() if r <= one.known):
            found.append(Fault("older than the revision that the request names", [one]))
        older = [
            write
            for write in operations
            if write.is_write
            and write.key == one.key
            and write.ended_at + stale_max_s < one.started_at
            and revisions[write.value] > at
        ]
        if older:
            found.append(Fault("older than the lag bound allows", [one, *older[-1:]]))
    return found
