"""Results kept for arguments that cannot be hashed but are the same object again and again."""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

_KEPT_MAX = 1_000


def by_identity(function: Callable[[ArgumentT], ResultT]) -> Callable[[ArgumentT], ResultT]:
    """Keep the results of a pure function for the objects it was given last.

    A compiled plan hands the same filter to every request. Whoever uses this must not change the
    objects: the kept reference makes sure that an id is not another object's.
    """
    kept: OrderedDict[int, tuple[Any, ResultT]] = OrderedDict()

    @wraps(function)
    def remembering(argument: ArgumentT) -> ResultT:
        found = kept.get(id(argument))
        if found is not None and found[0] is argument:
            return found[1]
        result = function(argument)
        kept[id(argument)] = (argument, result)
        if len(kept) > _KEPT_MAX:
            kept.popitem(last=False)
        return result

    return remembering
