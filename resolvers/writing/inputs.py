"""What the inputs of mutations share."""

from collections.abc import Mapping
from typing import Any

import strawberry

from domain import rules
from domain.problems import Problem
from domain.rules import Rule
from resolvers.arguments import IDEMPOTENCY_KEY as IDEMPOTENCY_KEY

EXPECTED_REVISION = "Refuse with REVISION_MISMATCH unless the object is at this revision."


def changes(input: Any) -> dict[str, Any]:
    """The fields that an update input sets, null included; what is absent stays as it is."""
    given = {}
    for field in input.__strawberry_definition__.fields:
        value = getattr(input, field.python_name)
        if isinstance(value, strawberry.Some):
            given[field.python_name] = value.value
    return given


def problems_of_key(input: Any) -> list[Problem]:
    """What is wrong with the input's idempotency key."""
    given = {"idempotency_key": input.idempotency_key}
    return problems_of(given, {"idempotency_key": rules.idempotency_key})


def problems_of(
    values: Mapping[str, Any],
    table_rules: Mapping[str, Rule],
    required: frozenset[str] = frozenset(),
) -> list[Problem]:
    """Everything that is wrong with the values: broken rules, and nulls where none may be."""
    return [*rules.nulls(values, required), *rules.breaches(values, table_rules)]
