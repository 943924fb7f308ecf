"""A region: the part of a selection that is read from rows alone, with no resolver in between.

It is one generated function, ``complete(values, buckets)``, which turns the values of one field,
for all parents, into what the answer holds. Objects that have fields with resolvers below them
are left in ``buckets`` as (row, answer) pairs, for the steps that resolve those fields.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from planner.arguments import Arguments
from planner.info import PlanInfo, Selection

Bucket = list[tuple[Any, dict[str, Any]]]
# One value for each parent, in their order.
Load = Callable[[PlanInfo, Sequence[Any], Mapping[str, Any]], Awaitable[Sequence[Any]]]
# One value of a root field for each choice of its arguments.
LoadSeveral = Callable[[PlanInfo, Sequence[Mapping[str, Any]]], Awaitable[Sequence[Any]]]


class Region(NamedTuple):
    complete: Callable[[Sequence[Any], list[Bucket]], list[Any]]
    bucket_count: int
    steps: tuple["Step", ...]


class Step(NamedTuple):
    """One field with a resolver: loads its values for all parents at once and completes them.

    ``load_several`` is of a root field that can be loaded at once for queries run together.
    """

    key: str
    bucket: int
    load: Load
    arguments: Arguments
    selection: Selection | None
    region: Region
    load_several: LoadSeveral | None


class RegionWriter:
    """A region while it is being written."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._functions: list[str] = []
        self._tables: list[str] = []
        self._bucket_count = 0
        self._names: dict[int, str] = {}
        self._globals: dict[str, Any] = {}

    def name(self, value: object) -> str:
        """The name by which the source may speak of a value."""
        name = self._names.setdefault(id(value), f"g{len(self._names)}")
        self._globals[name] = value
        return name

    def function(self, body: Sequence[str]) -> str:
        """Adds a function of a row ``s`` and the buckets ``b``; gives its name."""
        name = f"o{len(self._functions)}"
        self._functions.append("\n ".join([f"def {name}(s, b):", *body]))
        return name

    def table(self, functions: Mapping[str, str]) -> str:
        """Adds a table from keys to such functions; gives its name."""
        name = f"t{len(self._tables)}"
        pairs = ", ".join(f"{key!r}: {function}" for key, function in functions.items())
        self._tables.append(f"{name} = {{{pairs}}}")
        return name

    def bucket(self) -> int:
        self._bucket_count += 1
        return self._bucket_count - 1

    def finish(self, expression: str) -> Region:
        """The region that writes each value ``x0`` as ``expression``."""
        complete = f"def complete(values, b):\n return [{expression} for x0 in values]"
        source = "\n".join([*self._functions, *self._tables, complete]).replace("\n", "\n ")
        # Inside a function, so that they are its closures: as globals they would know themselves,
        # and a plan that nobody keeps would wait for the garbage collector, 20 MB of them at times.
        source = f"def make({', '.join(self._globals)}):\n {source}\n return complete"
        made: dict[str, Any] = {}
        # The source holds no text of the client's but aliases, and those are written by repr().
        exec(compile(source, "<plan>", "exec"), made)  # noqa: S102  # source of our own making
        make = made.pop("make")
        return Region(make(**self._globals), self._bucket_count, tuple(self.steps))
