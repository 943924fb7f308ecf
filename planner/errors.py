"""Why there is no plan, or why a plan has no result."""

from dataclasses import dataclass


class FallbackToExecutor(Exception):
    """A query plan cannot produce the exact result; the stock executor can.

    The caller executes the whole query again by the stock executor: queries have no side effects.
    ``__cause__`` is the exception that the plan met, if any.
    """


class TooSlowForBatch(FallbackToExecutor):
    """The root fields of this query took much longer than those of most others in its batch.

    The batch continued without it. The caller runs the query alone, by its plan or the executor.
    """


class UnplannableError(Exception):
    """Raised while compiling: the document uses a feature that plans do not support."""


@dataclass(frozen=True, slots=True)
class Unplannable:
    """There is no plan for this document; ``reason`` is for logs and tests."""

    reason: str
