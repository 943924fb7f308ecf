"""The inputs of orders, and the default orders of connections."""

from enum import StrEnum
from typing import Any, NamedTuple

import strawberry

from domain import costs
from resolvers.arguments import input_type, optional, required
from resolvers.errors import RequestError
from resolvers.usage_inputs import UsageInput, usage_of


class OrderDirection(StrEnum):
    """The direction of an order; unknown values come last in both directions.

    - ASC: the smallest first.
    - DESC: the largest first.
    """

    ASC = "ASC"
    DESC = "DESC"


class ModelOrderField(StrEnum):
    """The fields that models can be ordered by.

    - NAME: by the name, byte by byte: capitals come first.
    - CREATED_AT: by the time of creation.
    - UPDATED_AT: by the time of the last change.
    - RELEASED_ON: by releasedOn of the latestVersion.
    - CONTEXT_WINDOW: by contextWindow of the latestVersion.
    - INPUT_PER_1K: by the lowest input price now of a routable binding.
    - OUTPUT_PER_1K: by the lowest output price now of a routable binding.
    """

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    RELEASED_ON = "RELEASED_ON"
    CONTEXT_WINDOW = "CONTEXT_WINDOW"
    INPUT_PER_1K = "INPUT_PER_1K"
    OUTPUT_PER_1K = "OUTPUT_PER_1K"


class VersionOrderField(StrEnum):
    """The fields that versions can be ordered by.

    - NUMBER: by the number.
    - SEMVER: by the precedence of version.
    - CREATED_AT: by the time of creation.
    - EVAL_SCORE: by evalScore.
    - COST_PER_1K: by costPer1k.
    - RELEASED_ON: by releasedOn.
    - ARCHIVED_AT: by archive.archivedAt.
    """

    NUMBER = "NUMBER"
    SEMVER = "SEMVER"
    CREATED_AT = "CREATED_AT"
    EVAL_SCORE = "EVAL_SCORE"
    COST_PER_1K = "COST_PER_1K"
    RELEASED_ON = "RELEASED_ON"
    ARCHIVED_AT = "ARCHIVED_AT"


class BindingOrderField(StrEnum):
    """The fields that bindings can be ordered by.

    - PRIORITY: by the priority.
    - CREATED_AT: by the time of creation.
    - SUCCESS_RATE: by successRate.
    - LATENCY: by latencyMs.
    - INPUT_PER_1K: by the input price now.
    - OUTPUT_PER_1K: by the output price now.
    - SUNSET_ON: by its own sunsetOn.
    - ESTIMATED_COST: by the amount of estimateCost now, for the usage of the order.
    """

    PRIORITY = "PRIORITY"
    CREATED_AT = "CREATED_AT"
    SUCCESS_RATE = "SUCCESS_RATE"
    LATENCY = "LATENCY"
    INPUT_PER_1K = "INPUT_PER_1K"
    OUTPUT_PER_1K = "OUTPUT_PER_1K"
    SUNSET_ON = "SUNSET_ON"
    ESTIMATED_COST = "ESTIMATED_COST"


# By figures that reported outcomes change; see server/execution/observed.py.
OBSERVED_ORDERS = frozenset((BindingOrderField.SUCCESS_RATE, BindingOrderField.LATENCY))


class Order(NamedTuple):
    """The key of a listing and the direction of a default order."""

    field: str
    direction: OrderDirection


def _direction(default: OrderDirection) -> Any:
    return strawberry.field(
        default=default, description="The direction; unknown values come last in both."
    )


@input_type("The order of models; equal ones are ordered by id.")
class ModelOrder:
    field: ModelOrderField = required("The field to order by.")
    direction: OrderDirection = _direction(OrderDirection.ASC)


@input_type("The order of versions; equal ones are ordered by id.")
class VersionOrder:
    field: VersionOrderField = required("The field to order by.")
    direction: OrderDirection = _direction(OrderDirection.DESC)


@input_type("The order of bindings; equal ones are ordered by id.")
class BindingOrder:
    field: BindingOrderField = required("The field to order by.")
    direction: OrderDirection = _direction(OrderDirection.ASC)
    usage: UsageInput | None = optional(
        "For ESTIMATED_COST only; other orders ignore it. What the call uses; by default 1,000"
        " input and 1,000 output tokens."
    )


def parameters_of(order: Any) -> dict[str, Any]:
    """What the key of the order depends on beside the row, by the name of its parameter.

    Raises RequestError for a usage that is wrong.
    """
    if order.field != BindingOrderField.ESTIMATED_COST:
        return {}
    usage = usage_of(order.usage)
    wrong = costs.problem(usage)
    if wrong is not None:
        raise RequestError(f"orderBy.usage.{wrong}")
    return {f"usage_{name}": value for name, value in usage._asdict().items()}


NEWEST_FIRST = Order("CREATED_AT", OrderDirection.DESC)
HIGHEST_NUMBER_FIRST = Order("NUMBER", OrderDirection.DESC)
LOWEST_PRIORITY_FIRST = Order("PRIORITY", OrderDirection.ASC)
BY_SLUG = Order("SLUG", OrderDirection.ASC)
BY_NAME = Order("NAME", OrderDirection.ASC)
BY_KEY = Order("KEY", OrderDirection.ASC)
