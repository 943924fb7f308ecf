"""The points of an operation, which are charged to its caller (server/access/rate_limits.py)."""

from graphql import OperationType

from server.execution.costs import Cost

UNIT = 10  # objects, or items of input, per point
MUTATION_FIELD = 10
SUBSCRIPTION = 10


def of(kind: OperationType, cost: Cost, input_items: int) -> int:
    """The points of an operation; `input_items` are those of the lists in its arguments.

    A query has one for each ten objects, a mutation besides ten for each root field and one for
    each ten items. A subscription has ten when it starts, whatever it delivers.
    """
    if kind is OperationType.QUERY:
        return max(1, _units(cost.nodes))
    if kind is OperationType.SUBSCRIPTION:
        return SUBSCRIPTION
    return MUTATION_FIELD * cost.width + _units(cost.nodes) + _units(input_items)


def _units(count: int) -> int:
    return -(-count // UNIT)
