"""Registries that have imported a catalog know what it lists, once they are migrated."""

import psycopg

from db.postgres import migrate

ROWS = """
    SELECT set_config('registry.actor', 'import:genai-prices', true);
    INSERT INTO providers (id, revision, slug, name, kind) VALUES (uuidv7(), 1, 'p', 'P', 'OTHER');
    INSERT INTO models (id, revision, name, task, retention_keep)
    VALUES (uuidv7(), 1, 'm', 'CHAT', 3);
    INSERT INTO model_versions
        (id, revision, model_id, number, version, semver_key, content_hash, region, status)
    SELECT uuidv7(), 1, id, 1, 'created by an import', '1', repeat('1', 64), 'global', 'ACTIVE'
    FROM models;
    SET CONSTRAINTS ALL IMMEDIATE;
    SELECT set_config('registry.actor', 'anonymous', true);
    INSERT INTO model_versions
        (id, revision, model_id, number, version, semver_key, content_hash, region, status)
    SELECT uuidv7(), 1, id, n, version, n, repeat(n::text, 64), 'global', 'ACTIVE'
    FROM models, (VALUES (2, 'priced by an import'), (3, 'priced by an operator')) v (n, version);
    INSERT INTO provider_bindings (
        id, revision, version_id, model_id, provider_id, provider_model_id, config, status,
        priority, weight
    )
    SELECT uuidv7(), 1, v.id, model_id, p.id, 'm', '{}', 'ACTIVE', 100, 100
    FROM model_versions v, providers p;
    INSERT INTO prices (id, binding_id, input_per_1k, effective_from, source)
    SELECT uuidv7(), b.id, 1, now(), CASE number WHEN 2 THEN 'litellm' ELSE 'price list' END
    FROM provider_bindings b JOIN model_versions v ON v.id = b.version_id WHERE number > 1;
"""


def test_versions_are_listed_by_the_sources_of_prices_and_the_log(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0003")
    with psycopg.connect(empty_url) as connection:
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
        connection.execute(ROWS)
    migrate.upgrade(empty_url, "0004")
    with psycopg.connect(empty_url) as connection:
        query = "SELECT version, listed_in FROM model_versions ORDER BY number"
        listed = dict(connection.execute(query).fetchall())
        (actors,) = (
            connection.execute(
                "SELECT array_agg(DISTINCT actor) FROM audit_events WHERE changes ? 'listed_in'"
            ).fetchone()
            or ()
        )
    assert listed == {
        "created by an import": ["genai-prices"],
        "priced by an import": ["litellm"],
        "priced by an operator": None,
    }
    assert actors == ["migration"]
