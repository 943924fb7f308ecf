"""A registry that imported before there were catalogs knows, once migrated, what they list."""

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from catalogs import entry
from db.postgres import migrate
from domain.enums import PriceMeter, PriceUnit
from domain.prices import PriceComponent
from tests.soak import replay

VERSION = """
    INSERT INTO model_versions
        (id, revision, model_id, number, version, semver_key, content_hash, region, status,
        capabilities)
    SELECT uuidv7(), 1, m.id, %s, %s, %s, repeat(%s, 64), 'global', 'ACTIVE', '{}'
    FROM models m WHERE name = 'm'
"""
BINDING = """
    INSERT INTO provider_bindings (id, revision, version_id, model_id, provider_id,
        provider_model_id, region, config, status, priority, weight, sunset_on)
    SELECT uuidv7(), 1, v.id, model_id, p.id, %s, %s, '{}', 'ACTIVE', 100, 100, '2030-01-31'
    FROM model_versions v, providers p WHERE number = %s
"""
PRICE = """
    INSERT INTO prices (id, binding_id, input_per_1k, effective_from, source)
    SELECT uuidv7(), id, %s, %s, %s FROM provider_bindings WHERE provider_model_id = %s
"""
GENAI, LITELLM, ANN = "import:genai-prices", "import:litellm", "ann"
# What the released code wrote, transaction by transaction: who, and what.
HISTORY: list[tuple[str, list[tuple[str, tuple[Any, ...]]]]] = [
    (
        GENAI,
        [
            (
                "INSERT INTO providers (id, revision, slug, name, kind)"
                " VALUES (uuidv7(), 1, 'acme', 'Acme', 'OTHER')",
                (),
            ),
            (
                "INSERT INTO models (id, revision, name, task, description, retention_keep,"
                " last_number) VALUES (uuidv7(), 1, 'm', 'CHAT', 'Good', 3, 3)",
                (),
            ),
            (VERSION, (1, "1.0.0", "1", "1")),
            (VERSION, (2, "2024.8.6", "2", "2")),
            (BINDING, ("archived", None, 1)),
            (BINDING, ("dated", "eu", 2)),
            (BINDING, ("deleted", None, 2)),
            (PRICE, ("0.5", "2020-01-01T00:00:00Z", "genai-prices", "dated")),
            (PRICE, ("0.7", "2999-01-01T00:00:00Z", "genai-prices", "dated")),
        ],
    ),
    (
        LITELLM,
        [
            (VERSION, (3, "3.0.0", "3", "3")),
            (BINDING, ("litellm's own", None, 3)),
            (PRICE, ("0.1", "2024-01-02T03:04:05Z", "litellm", "litellm's own")),
            (PRICE, ("0.2", "2024-02-03T04:05:06Z", "litellm", "litellm's own")),
            ("UPDATE models SET description = 'Better'", ()),
        ],
    ),
    (
        ANN,
        [
            ("UPDATE models SET name = 'ours', description = 'Ours'", ()),
            (PRICE, ("0.9", "2025-01-01T00:00:00Z", "ours", "dated")),
            (PRICE, ("0.1", "2025-02-01T00:00:00Z", "litellm", "dated")),
            (BINDING, ("ann's own", None, 3)),
            ("UPDATE provider_bindings SET sunset_on = '2029-01-31' WHERE region = 'eu'", ()),
            ("DELETE FROM provider_bindings WHERE provider_model_id = 'deleted'", ()),
        ],
    ),
    (
        "retention",
        [
            ("DELETE FROM provider_bindings WHERE provider_model_id = 'archived'", ()),
            (
                "UPDATE model_versions SET status_before_archive = status, status = 'ARCHIVED',"
                " archived_at = now(), archive_reason = 'RETENTION', archive_uri = 'file:///x',"
                " archive_hash = '1', archive_size_bytes = 1 WHERE number = 1",
                (),
            ),
        ],
    ),
]
ENTRIES = """
    SELECT c.name, key, said, b.id IS NOT NULL, v.number, e.delisted_at IS NULL
    FROM catalog_entries e JOIN catalogs c ON c.id = catalog_id
    JOIN model_versions v ON v.id = version_id
    LEFT JOIN provider_bindings b ON b.id = binding_id ORDER BY c.name, key
"""
VALUES = """
    SELECT coalesce(m.name, v.version, b.provider_model_id, p.slug), columns FROM catalog_values
    LEFT JOIN models m ON m.id = row_id LEFT JOIN model_versions v ON v.id = row_id
    LEFT JOIN provider_bindings b ON b.id = row_id LEFT JOIN providers p ON p.id = row_id
"""


@pytest.fixture
def released_url(empty_url: str) -> str:
    """A registry as the released code left it."""
    migrate.upgrade(empty_url, "0003")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        for actor, statements in HISTORY:
            with connection.transaction():
                connection.execute("SELECT set_config('registry.actor', %s, true)", (actor,))
                for statement, values in statements:
                    connection.execute(statement, values)
    return empty_url


def _price(start: date | None, amount: str) -> entry.SaidPrice:
    component = PriceComponent(PriceMeter.INPUT, PriceUnit.TOKENS_1K, Decimal(amount))
    return entry.SaidPrice(start, (component,))


def test_bindings_become_entries_also_those_in_cold_storage_or_deleted(released_url: str) -> None:
    migrate.upgrade(released_url)
    with psycopg.connect(released_url) as connection:
        rows = connection.execute(ENTRIES).fetchall()
        catalogs = connection.execute(
            "SELECT name, precedence, imported_at IS NOT NULL FROM catalogs ORDER BY name"
        ).fetchall()
    assert catalogs == [("genai-prices", 10, True), ("litellm", 30, True)]
    assert [(name, key, has_binding, number) for name, key, _, has_binding, number, _ in rows] == [
        ("genai-prices", "acme/archived", False, 1),
        ("genai-prices", "acme/dated@eu", True, 2),
        ("genai-prices", "acme/deleted", False, 2),
        ("litellm", "acme/dated@eu", True, 2),
        ("litellm", "acme/litellm's own", True, 3),
    ]
    assert all(is_listed for *_, is_listed in rows)
    assert all(said["migrated"] for _, _, said, *_ in rows)
    read = {(name, key): entry.from_json(key, said) for name, key, said, *_ in rows}
    dated, own = read["genai-prices", "acme/dated@eu"], read["litellm", "acme/litellm's own"]
    assert (dated.provider, dated.provider_model_id, dated.region) == ("acme", "dated", "eu")
    assert (dated.raw_name, own.raw_name) == ("m-2024-08-06", "m")
    assert dated.said.prices == (_price(None, "0.5"), _price(date(2999, 1, 1), "0.7"))
    assert dated.said.sunset_on == date(2030, 1, 31)
    assert (dated.said.description, own.said.description) == ("Good", "Better")
    assert (dated.said.provider_name, own.said.provider_name) == ("Acme", None)
    assert own.said.prices == (_price(None, "0.2"),)
    assert read["genai-prices", "acme/archived"].said.prices == ()


def test_what_imports_wrote_last_is_the_base_of_the_next_merge(released_url: str) -> None:
    migrate.upgrade(released_url)
    with psycopg.connect(released_url) as connection:
        base = dict(connection.execute(VALUES).fetchall())
    assert base["ours"] == {"name": "m", "task": "CHAT", "description": "Better"}
    assert base["dated"] == {"priority": 100, "sunset_on": "2030-01-31"}
    assert base["acme"] == {"name": "Acme"}
    assert base["3.0.0"]["status"] == "ACTIVE"
    assert "ann's own" not in base


def test_the_log_of_a_migrated_registry_can_be_replayed(released_url: str) -> None:
    migrate.upgrade(released_url)
    counts = replay.check(released_url)
    assert (counts["catalogs"], counts["catalog_entries"]) == (2, 5)


def test_a_registry_without_imports_gets_no_catalogs(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0003")
    with psycopg.connect(empty_url) as connection:
        connection.execute("SELECT set_config('registry.actor', 'import:synthetic', true)")
        connection.execute(HISTORY[0][1][0][0])
    migrate.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        for table in ("catalogs", "catalog_entries", "catalog_values"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
