"""Orders as clients write them; ties are always broken by id."""

from enum import StrEnum
from typing import Any, NamedTuple

import strawberry

from resolvers.arguments import input_type, required


class OrderDirection(StrEnum):
    """Which way to sort; unknown figures come last either way."""

    ASC = "ASC"
    DESC = "DESC"


class ModelOrderField(StrEnum):
    """What models can be ordered by."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"


class VersionOrderField(StrEnum):
    """What versions can be ordered by; SEMVER by precedence, not by text."""

    NUMBER = "NUMBER"
    SEMVER = "SEMVER"
    CREATED_AT = "CREATED_AT"
    EVAL_SCORE = "EVAL_SCORE"
    COST_PER_1K = "COST_PER_1K"


class BindingOrderField(StrEnum):
    """What bindings can be ordered by."""

    PRIORITY = "PRIORITY"
    CREATED_AT = "CREATED_AT"
    SUCCESS_RATE = "SUCCESS_RATE"
    LATENCY = "LATENCY"
    INPUT_PER_1K = "INPUT_PER_1K"


class Order(NamedTuple):
    """A key of a listing and a direction, when the client chose none."""

    field: str
    direction: OrderDirection


def _direction(default: OrderDirection) -> Any:
    return strawberry.field(default=default, description="Which way; unknown comes last in both.")


@input_type("Ties are always broken by id.")
class ModelOrder:
    field: ModelOrderField = required("What to order by.")
    direction: OrderDirection = _direction(OrderDirection.ASC)


@input_type("Ties are always broken by id.")
class VersionOrder:
    field: VersionOrderField = required("What to order by.")
    direction: OrderDirection = _direction(OrderDirection.DESC)


@input_type("Ties are always broken by id.")
class BindingOrder:
    field: BindingOrderField = required("What to order by.")
    direction: OrderDirection = _direction(OrderDirection.ASC)


NEWEST_FIRST = Order("CREATED_AT", OrderDirection.DESC)
HIGHEST_NUMBER_FIRST = Order("NUMBER", OrderDirection.DESC)
LOWEST_PRIORITY_FIRST = Order("PRIORITY", OrderDirection.ASC)
BY_SLUG = Order("SLUG", OrderDirection.ASC)
