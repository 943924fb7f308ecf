"""What a fault is, and the table of all that are declared."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, TypeAlias

from deploy.lab.faults import lab
from deploy.lab.faults.lab import Lab, Setup

Inject: TypeAlias = Callable[[Lab], AbstractContextManager[None]]


class Fault(NamedTuple):
    """One fault: what is said of it, how long it lasts, and what it needs."""

    what: str
    inject: Inject
    seconds: float
    setup: Setup = lab.PLAIN
    has_archives: bool = False  # versions are archived and restored meanwhile
    breaks_a_process: bool = False  # its connections are lost, and nobody answers on them


FAULTS: dict[str, Fault] = {}


def fault(
    name: str, what: str, seconds: float = 5.0, setup: Setup = lab.PLAIN, **more: bool
) -> Callable[[Callable[[Lab], Iterator[None]]], None]:
    def add(inject: Callable[[Lab], Iterator[None]]) -> None:
        FAULTS[name] = Fault(what, contextmanager(inject), seconds, setup, **more)

    return add
