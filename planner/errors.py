"""What a plan says when it cannot, or can no longer, answer."""

from dataclasses import dataclass


class FallbackToExecutor(Exception):
    """A query plan met something whose exact answer is the stock executor's to give.

    The caller executes the whole query again by the stock executor; queries have no side effects.
    ``__cause__`` is what was met, where it was an exception.
    """


class Late(FallbackToExecutor):
    """Of a query run together with others: its root fields took much longer than theirs, so they
    went on without it. It is run by itself, which the plan can do as well as the executor."""


class UnplannableError(Exception):
    """Raised while compiling: the document uses something that plans do not know."""


@dataclass(frozen=True, slots=True)
class Declined:
    """There is no plan for this document; ``reason`` says why, for logs and tests."""

    reason: str
