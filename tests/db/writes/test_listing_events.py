"""Catalogs in the audit log: what they list of which binding, whatever becomes of the binding."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from db.postgres.engine import Database
from db.tables import Catalog, ProviderBinding
from domain import ids
from tests import factories
from tests.graphql import GraphQL
from tests.soak import replay

EVENTS = """query($kinds: [EntityKind!], $actions: [AuditAction!]) {
  auditEvents(filter: {kinds: $kinds, actions: $actions}) { nodes {
    action subjectId subject { id } changes { field before after } } } }"""


@pytest.fixture
def psql(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def listed(db: Database) -> tuple[Catalog, ProviderBinding]:
    model = await factories.model(db, last_number=1)
    version = await factories.version(db, model, number=1)
    binding = await factories.binding(db, version, provider_model_id="served")
    catalog = await factories.catalog(db, name="list")
    await factories.entry(db, catalog, binding, key="k")
    return catalog, binding


def _events(psql: psycopg.Connection[Any]) -> list[tuple[str, str, bool]]:
    """The action, the name, and whether the binding's model is known, of each listing."""
    rows = psql.execute(
        "SELECT action, subject_name, model_id IS NOT NULL FROM audit_events"
        " WHERE action IN ('LISTED', 'DELISTED') ORDER BY sequence"
    )
    return rows.fetchall()


async def test_listing_and_delisting_are_events_of_the_binding(
    gql: GraphQL, listed: tuple[Catalog, ProviderBinding], psql: psycopg.Connection[Any]
) -> None:
    catalog, binding = listed
    psql.execute("UPDATE catalog_entries SET said = '{}', first_seen_at = now()")
    psql.execute("UPDATE catalog_entries SET delisted_at = now(), last_seen_at = now()")
    psql.execute("UPDATE catalog_entries SET delisted_at = now()")
    psql.execute("UPDATE catalog_entries SET delisted_at = NULL, last_seen_at = NULL")
    nodes = (await gql(EVENTS, actions=["LISTED", "DELISTED"]))["auditEvents"]["nodes"]
    subject = {"subjectId": binding.node_id, "subject": {"id": binding.node_id}}
    came = [
        {"field": "catalog", "before": None, "after": "list"},
        {"field": "key", "before": None, "after": "k"},
    ]
    went = [{**each, "before": each["after"], "after": None} for each in came]
    assert nodes == [
        {"action": "LISTED", "changes": came, **subject},
        {"action": "DELISTED", "changes": went, **subject},
        {"action": "LISTED", "changes": came, **subject},
    ]
    (event,) = (await gql(EVENTS, kinds=["CATALOG"]))["auditEvents"]["nodes"]
    assert (event["action"], event["subjectId"]) == ("CREATED", catalog.node_id)
    assert event["subject"] == {"id": catalog.node_id}
    imported = [each for each in event["changes"] if each["field"] == "importedAt"]
    assert [each["after"] for each in imported] == ["2020-01-01T00:00:00+00:00"]


async def test_listings_are_among_the_changes_of_the_model_and_of_the_subject(
    gql: GraphQL, listed: tuple[Catalog, ProviderBinding]
) -> None:
    catalog, binding = listed
    model = ids.encode(ids.MODEL, binding.model_id)
    data = await gql(
        """query($model: ID!, $subjects: [ID!]!) {
        model(by: {id: $model}) { auditEvents(first: 1) { nodes { action kind } } }
        auditEvents(filter: {subjects: $subjects}) { nodes { action kind } } }""",
        model=model,
        subjects=[binding.node_id, catalog.node_id],
    )
    newest = {"action": "LISTED", "kind": "BINDING"}
    assert data["model"]["auditEvents"]["nodes"] == [newest]
    assert data["auditEvents"]["nodes"] == [
        newest,
        {"action": "CREATED", "kind": "CATALOG"},
        {"action": "CREATED", "kind": "BINDING"},
    ]


async def test_an_entry_that_gets_another_binding_lists_that_one(
    db: Database,
    listed: tuple[Catalog, ProviderBinding],
    psql: psycopg.Connection[Any],
    database_url: str,
) -> None:
    version = await factories.version(db, await factories.model(db, last_number=1), number=1)
    other = await factories.binding(db, version, provider_model_id="other")
    psql.execute("UPDATE catalog_entries SET binding_id = %s", (other.id,))
    assert _events(psql)[1:] == [("DELISTED", "served", True), ("LISTED", "other", True)]
    replay.check(database_url)


async def test_many_entries_of_one_statement_have_their_events_in_order(
    listed: tuple[Catalog, ProviderBinding], psql: psycopg.Connection[Any], database_url: str
) -> None:
    psql.execute(
        """INSERT INTO catalog_entries
        SELECT uuidv7(), catalog_id, 'k' || n, binding_id, version_id, said, now()
        FROM catalog_entries, generate_series(1, 5000) n ORDER BY n"""
    )
    keys = "SELECT changes -> 'key' ->> 1 FROM audit_events WHERE action = 'LISTED'"
    found = [key for (key,) in psql.execute(f"{keys} ORDER BY sequence")]
    assert found == ["k", *(f"k{n}" for n in range(1, 5001))]
    psql.execute("UPDATE catalog_entries SET delisted_at = now(), last_seen_at = now()")
    assert replay.check(database_url)["catalog_entries"] == 0


async def test_an_entry_outlives_its_binding_and_its_model(
    gql: GraphQL,
    listed: tuple[Catalog, ProviderBinding],
    psql: psycopg.Connection[Any],
    database_url: str,
) -> None:
    _, binding = listed
    await gql(
        "mutation($id: ID!) { deleteBinding(input: {binding: {id: $id}}) { deletedId } }",
        id=binding.node_id,
    )
    psql.execute("DELETE FROM models")
    assert psql.execute("SELECT binding_id, version_id FROM catalog_entries").fetchall() == [
        (binding.id, binding.version_id)
    ]
    assert replay.check(database_url)["catalog_entries"] == 1
    psql.execute("UPDATE catalog_entries SET delisted_at = now(), last_seen_at = now()")
    assert _events(psql)[1:] == [("DELISTED", "served", False)]
    replay.check(database_url)


async def test_a_catalog_with_entries_cannot_be_deleted(
    listed: tuple[Catalog, ProviderBinding], psql: psycopg.Connection[Any], database_url: str
) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        psql.execute("DELETE FROM catalogs")
    psql.execute("DELETE FROM catalog_entries")
    psql.execute("DELETE FROM catalogs")
    assert _events(psql)[1:] == [("DELISTED", "served", True)]
    replay.check(database_url)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        psql.execute("TRUNCATE catalog_entries")


async def test_an_entry_of_an_archived_version_has_its_binding_again_once_it_is_restored(
    gql: GraphQL, listed: tuple[Catalog, ProviderBinding]
) -> None:
    _, binding = listed
    id = ids.encode(ids.VERSION, binding.version_id)
    entry = '{ catalog(name: "list") { entries { nodes { key binding { id listed } } } } }'
    for verb, found in (
        ("archiveVersion", None),
        ("restoreVersion", {"id": binding.node_id, "listed": True}),
    ):
        done = await gql(
            f"""mutation($id: ID!) {{ {verb}(input: {{version: {{id: $id}}}}) {{
            userErrors {{ message }} }} }}""",
            id=id,
        )
        assert done[verb]["userErrors"] == []
        (node,) = (await gql(entry))["catalog"]["entries"]["nodes"]
        assert node == {"key": "k", "binding": found}
