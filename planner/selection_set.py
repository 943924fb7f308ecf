"""Compiled selection sets: generated functions that turn rows into results.

A GraphQL selection set is divided at each field that has a resolver:

* A CompiledSelectionSet is the part that attributes of rows alone answer. It is one generated
  function, which takes the values of one field for all parents, and returns their results.
* Objects that also have fields with resolvers are *pending*: the function sets these fields to
  None, and appends each row and its result to a list of pending objects.
* A FieldStep is one field with a resolver. It loads the values for all pending objects at once,
  completes them by the compiled selection set below, and sets them in the results (run.py).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from planner.arguments import Arguments
from planner.info import PlanInfo, Selection

PendingObjects = list[tuple[Any, dict[str, Any]]]  # rows and their results
# Returns one value for each parent, in their order.
Load = Callable[[PlanInfo, Sequence[Any], Mapping[str, Any]], Awaitable[Sequence[Any]]]
# Returns one value of a root field for each mapping of arguments, in their order.
LoadMany = Callable[[PlanInfo, Sequence[Mapping[str, Any]]], Awaitable[Sequence[Any]]]


class CompiledSelectionSet(NamedTuple):
    complete: Callable[[Sequence[Any], list[PendingObjects]], list[Any]]
    pending_count: int  # of lists of pending objects: one for each object type with steps
    steps: tuple["FieldStep", ...]


class FieldStep(NamedTuple):
    """``pending`` is the index of the list of pending objects.

    ``load_many`` is set for a root field that can be loaded at once for a batch of queries.
    """

    key: str
    pending: int
    load: Load
    arguments: Arguments
    selection: Selection | None
    selection_set: CompiledSelectionSet
    load_many: LoadMany | None


class SourceWriter:
    """Writes the Python source of one compiled selection set.

    In the source, ``x0`` is a value to complete, ``b`` the lists of pending objects, and ``s`` the
    row of an object.
    """

    def __init__(self) -> None:
        self.steps: list[FieldStep] = []
        self._functions: list[str] = []
        self._tables: list[str] = []
        self._pending_count = 0
        self._names: dict[int, str] = {}  # by id: _globals keeps the values alive
        self._globals: dict[str, Any] = {}

    def name(self, value: object) -> str:
        """A name for the value in the source."""
        name = self._names.setdefault(id(value), f"g{len(self._names)}")
        self._globals[name] = value
        return name

    def function(self, body: Sequence[str]) -> str:
        """Adds a function of ``s`` and ``b``; returns its name."""
        name = f"o{len(self._functions)}"
        self._functions.append("\n ".join([f"def {name}(s, b):", *body]))
        return name

    def table(self, functions: Mapping[str, str]) -> str:
        """Adds a dict from keys to such functions; returns its name."""
        name = f"t{len(self._tables)}"
        pairs = ", ".join(f"{key!r}: {function}" for key, function in functions.items())
        self._tables.append(f"{name} = {{{pairs}}}")
        return name

    def pending(self) -> int:
        """Adds a list of pending objects; returns its index."""
        self._pending_count += 1
        return self._pending_count - 1

    def finish(self, expression: str) -> CompiledSelectionSet:
        """Compiles a function that completes each value ``x0`` by ``expression``."""
        complete = f"def complete(values, b):\n return [{expression} for x0 in values]"
        source = "\n".join([*self._functions, *self._tables, complete]).replace("\n", "\n ")
        # Closures of a function, not globals: globals would form a reference cycle, and a dropped
        # plan would wait for the garbage collector; this was up to 20 MB.
        source = f"def make({', '.join(self._globals)}):\n {source}\n return complete"
        namespace: dict[str, Any] = {}
        # The only text of the client in the source are aliases, and those are written by repr().
        exec(compile(source, "<plan>", "exec"), namespace)  # noqa: S102  # source of our own making
        make = namespace.pop("make")
        return CompiledSelectionSet(make(**self._globals), self._pending_count, tuple(self.steps))
