"""The latest version is the rolling one, else the one released last, else the last number."""

from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest

from db.tables import ModelVersion
from domain.enums import VersionStatus
from tests import factories
from tests.graphql import GraphQL

LATEST = """query ($name: String!) { model(by: {name: $name}) {
    latestVersion { version } version(select: {latest: true}) { version } } }"""
MAY, AUGUST = date(2024, 5, 13), date(2024, 8, 6)
REGISTERED = datetime(2024, 7, 1, 23, 59, tzinfo=UTC)


async def _latest(gql: GraphQL, *versions: dict[str, Any]) -> str | None:
    """The version that is the latest of those, registered in this order."""
    model = await factories.model(gql.db)
    for number, columns in enumerate(versions, 1):
        await factories.version(
            gql.db, model, **{"number": number, "created_at": REGISTERED, **columns}
        )
    found = (await gql(LATEST, name=model.name))["model"]
    assert found["latestVersion"] == found["version"]
    return found["latestVersion"] and found["latestVersion"]["version"]


async def test_the_order_of_registration_does_not_matter(gql: GraphQL) -> None:
    releases = [
        {"version": "2024.5.13", "released_on": MAY},
        {"version": "2024.8.6", "released_on": AUGUST},
        {"version": "1.0.0", "released_on": MAY, "rolling": True},
    ]
    for order in permutations(releases[:2]):
        assert await _latest(gql, *order) == "2024.8.6"
    for order in permutations(releases):
        assert await _latest(gql, *order) == "1.0.0"


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        # the day of registration, where no day of release is known
        ([{"version": "1.0.0"}, {"version": "2.0.0", "released_on": MAY}], "1.0.0"),
        ([{"version": "1.0.0"}, {"version": "2.0.0", "released_on": AUGUST}], "2.0.0"),
        # the same day: the highest number
        ([{"version": "2.0.0"}, {"version": "1.0.0"}], "1.0.0"),
        ([{"version": "2.0.0"}, {"version": "1.0.0", "released_on": date(2024, 7, 1)}], "1.0.0"),
        # two rolling ones: the highest number, whatever their days
        (
            [
                {"version": "1.0.0", "rolling": True, "released_on": AUGUST},
                {"version": "2.0.0", "rolling": True, "released_on": MAY},
            ],
            "2.0.0",
        ),
        # only ACTIVE ones count
        (
            [
                {"version": "1.0.0", "released_on": MAY},
                {"version": "2.0.0", "rolling": True, "status": VersionStatus.DEPRECATED},
                {"version": "3.0.0", "released_on": AUGUST, "status": VersionStatus.DRAFT},
            ],
            "1.0.0",
        ),
        ([{"version": "1.0.0", "status": VersionStatus.DRAFT}], None),
        # the ends of the calendar
        (
            [
                {"version": "1.0.0", "released_on": date.max},
                {"version": "2.0.0", "released_on": date.min},
            ],
            "1.0.0",
        ),
        (
            [
                {"version": "1.0.0", "rolling": True},
                {"version": "2.0.0", "released_on": date.max, "number": 2**31 - 1},
            ],
            "1.0.0",
        ),
    ],
)
async def test_the_latest_version(
    gql: GraphQL, versions: list[dict[str, Any]], expected: str | None
) -> None:
    assert await _latest(gql, *versions) == expected


async def test_an_update_changes_which_version_is_the_latest(gql: GraphQL) -> None:
    model = await factories.model(gql.db)
    for number in (1, 2):
        await factories.version(gql.db, model, number=number, version=f"{number}.0.0")
    first = {"inModel": {"model": {"name": model.name}, "select": {"number": 1}}}
    update = """mutation ($input: UpdateVersionInput!) {
        updateVersion(input: $input) { version { model { latestVersion { number } } } } }"""
    for change, latest in (
        ({"rolling": True}, 1),
        ({"rolling": False}, 2),
        ({"releasedOn": "2999-01-01"}, 1),
        ({"releasedOn": None}, 2),
    ):
        payload = await gql(update, input={"version": first, **change})
        model_now = payload["updateVersion"]["version"]["model"]
        assert model_now["latestVersion"]["number"] == latest, change


async def test_retention_keeps_the_latest_releases(gql: GraphQL) -> None:
    """An older snapshot that was registered later goes first, and the rolling version stays."""
    model = await factories.model(gql.db, retention_keep=2)
    columns: list[dict[str, Any]] = [
        {"version": "1.0.0", "rolling": True},
        {"version": "2024.8.6", "released_on": AUGUST},
        {"version": "2024.5.13", "released_on": MAY},
    ]
    rows: list[ModelVersion] = [
        await factories.version(gql.db, model, number=number, **each)
        for number, each in enumerate(columns, 1)
    ]
    document = """query ($id: ID!) { retentionPlan(input: {model: {id: $id}}) {
        archive { version { id } reason } protected { version { id } } } }"""
    plan = (await gql(document, id=model.node_id))["retentionPlan"]
    reason = "the latest 2 stay (1.0.0, 2024.8.6), and nothing protects it"
    assert plan["archive"] == [{"version": {"id": rows[2].node_id}, "reason": reason}]
    assert plan["protected"] == []
