"""Counts operations and their durations, on the hot path: plain numbers, and no lock.

The names of operations come from clients, so they are bounded: those of trusted documents, and the
first NAMES_MAX others that were executed. All later ones are counted together, as `other`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from graphql import OperationType

from domain.tallies import Tally
from server.execution.messages import GraphQLRequest, GraphQLResponse
from server.execution.prepared import PreparedOperation
from server.ops import instruments
from server.ops.readings import Reading

NAMES_MAX = 200
OTHER = "other"  # an operation whose name came too late
ANONYMOUS = "anonymous"  # an operation without a name
UNKNOWN = "unknown"  # a request that was refused before its operation was known

_OK = "ok"
_NODES = (1, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
_QUERY = OperationType.QUERY  # looked up once, like the others: it takes 0.15 us in Python 3.11
_QUERIES, _MUTATIONS, _SUBSCRIPTIONS = (kind.value for kind in OperationType)


class _Record:
    """The operations of one name and kind."""

    __slots__ = ("duration", "errors", "ok", "points")

    def __init__(self) -> None:
        self.ok = self.points = 0
        self.errors: Counter[str] = Counter()
        self.duration = Tally()


class OperationCounts:
    """The operations that a process has answered."""

    def __init__(self, trusted_names: Iterable[str] = ()) -> None:
        self._trusted = frozenset(trusted_names)
        self._others: set[str] = set()
        self._records: dict[tuple[str, str | None], _Record] = {}  # by kind, and the given name
        self._nodes = Tally(_NODES)

    def observe(self, request: GraphQLRequest, response: GraphQLResponse) -> None:
        """Count a query or mutation that has ended."""
        prepared = request.prepared
        key = _kind(prepared), request.operation_name
        record = self._records.get(key)
        if record is None or response.code:
            self._observe_rare(request, response)
            return
        record.ok += 1
        record.points += request.points
        record.duration.add(request.seconds)
        if prepared is not None:
            self._nodes.add(prepared.measured.cost.nodes)

    def observe_stream(self, request: GraphQLRequest) -> None:
        """Count a subscription that has begun."""
        name = request.operation_name
        key = _SUBSCRIPTIONS, name if self._is_known(name) else OTHER
        record = self._records.setdefault(key, _Record())
        record.ok += 1
        record.points += request.points

    def read(self) -> Iterator[Reading]:
        """The counts so far."""
        for (kind, name), record in self._records.items():
            labels = (ANONYMOUS if name is None else name, kind)
            outcomes = {_OK: record.ok} if record.ok else {}
            for outcome, count in {**outcomes, **record.errors}.items():
                yield Reading(instruments.OPERATIONS, count, (*labels, outcome))
            yield Reading(instruments.OPERATION_DURATION, record.duration, labels)
            yield Reading(instruments.OPERATION_POINTS, record.points, labels)
        yield Reading(instruments.OPERATION_NODES, self._nodes)

    def _observe_rare(self, request: GraphQLRequest, response: GraphQLResponse) -> None:
        """Count one that failed, or that is the first of its name."""
        record = self._record(request, response)
        if response.code:
            record.errors[response.code] += 1
        else:
            record.ok += 1
            if request.prepared is not None:
                self._nodes.add(request.prepared.measured.cost.nodes)
        record.points += request.points
        record.duration.add(request.seconds)

    def _record(self, request: GraphQLRequest, response: GraphQLResponse) -> _Record:
        prepared, name = request.prepared, request.operation_name
        if prepared is None and response.code:
            key: tuple[str, str | None] = UNKNOWN, UNKNOWN
        else:
            key = _kind(prepared), name if self._is_known(name) else OTHER
        return self._records.setdefault(key, _Record())

    def _is_known(self, name: str | None) -> bool:
        if name is None or name in self._trusted or name in self._others:
            return True
        if len(self._others) < NAMES_MAX:
            self._others.add(name)
            return True
        return False


def _kind(prepared: PreparedOperation | None) -> str:
    """The kind of an operation that has ended; of a kept answer nothing had to be prepared."""
    return _QUERIES if prepared is None or prepared.kind is _QUERY else _MUTATIONS
