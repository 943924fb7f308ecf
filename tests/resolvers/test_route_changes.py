"""When a followed route is computed again, by what it depends on."""

from datetime import UTC, date, datetime, time, timedelta
from math import inf
from typing import Any

import pytest

from db.postgres.engine import Database
from domain.traffic_enums import RouteStrategy
from resolvers.errors import RequestError
from resolvers.reference_inputs import ModelRef
from resolvers.route_changes import computed
from resolvers.route_inputs import RouteInput
from resolvers.watchers import Computed
from tests import factories
from tests.graphql import SERVICE, GraphQL

DAY_S = 86_400


def _today() -> date:
    return datetime.now(UTC).date()


def _midnight(days: int) -> datetime:
    """The start of a day, so many days from today."""
    return datetime.combine(_today() + timedelta(days=days), time(), UTC)


async def _one(db: Database, **fields: Any) -> Computed[Any]:
    [found] = await computed(db.reader, SERVICE, [RouteInput(model=ModelRef(name="m"), **fields)])
    assert not isinstance(found, RequestError), found
    return found


@pytest.mark.parametrize(
    ("of_version", "of_binding", "days"),
    [
        ({}, {"sunset_on": 0}, 1),  # today is its last day
        ({"sunset_on": 1}, {}, 2),
        ({"sunset_on": 1}, {"sunset_on": 4}, 2),
        ({"released_on": 3}, {}, 3),  # it has no price before
        ({"released_on": 3}, {"sunset_on": 1}, 2),
        ({}, {"sunset_on": -1}, None),
        ({"released_on": 0}, {}, None),
    ],
)
async def test_a_day_that_begins_or_ends_something_changes_the_route(
    db: Database, of_version: dict[str, int], of_binding: dict[str, int], days: int | None
) -> None:
    def dated(columns: dict[str, int]) -> dict[str, date]:
        return {name: _today() + timedelta(days=one) for name, one in columns.items()}

    version = await factories.version(db, await factories.model(db, name="m"), **dated(of_version))
    await factories.binding(db, version, **dated(of_binding))
    found = await _one(db)
    assert found.state.changes_at == (None if days is None else _midnight(days))
    if days is None:
        assert found.change_s == inf
    else:
        assert (days - 1) * DAY_S < found.change_s <= days * DAY_S


@pytest.mark.parametrize(
    ("fields", "expected_s"),
    [
        ({}, inf),
        ({"strategy": RouteStrategy.CHEAPEST}, inf),
        ({"strategy": RouteStrategy.FASTEST}, 1.0),
        ({"min_success_rate": 0.5}, 1.0),
        ({"max_latency_ms": 100.0}, 1.0),
    ],
)
async def test_routes_by_measured_figures_are_computed_each_second(
    db: Database, fields: dict[str, Any], expected_s: float
) -> None:
    await factories.binding(db, await factories.version(db, await factories.model(db, name="m")))
    assert (await _one(db, **fields)).change_s == expected_s


async def test_fifty_routes_take_one_statement_and_errors_stay_with_their_inputs(
    db: Database, gql: GraphQL
) -> None:
    for number in range(49):
        model = await factories.model(db, name=f"m{number}")
        await factories.binding(db, await factories.version(db, model))
    inputs = [RouteInput(model=ModelRef(name=f"m{number}")) for number in range(50)]
    with gql.statements() as sent:
        *found, missing = await computed(db.reader, SERVICE, inputs)
    assert len(sent) == 1
    assert all(isinstance(one, Computed) for one in found)
    assert isinstance(missing, RequestError)
    assert (missing.extensions or {})["code"] == "NOT_FOUND"
