"""Prices of registries that exist get components, and lose the start that an import made up."""

import psycopg

from db.postgres import migrate
from tests.migrations.test_listed_versions import ROWS
from tests.soak import replay

_PRICES = """
    UPDATE models SET last_number = 3;
    DELETE FROM prices;
    INSERT INTO prices (
        id, binding_id, input_per_1k, output_per_1k, cache_read_per_1k, effective_from, source
    )
    SELECT uuidv7(), b.id, p.input, p.output, p.cache, p.start::timestamptz, p.source
    FROM (SELECT id FROM provider_bindings ORDER BY id LIMIT 1) b,
        (VALUES
            (0.00250, 0, NULL, '2020-01-01T00:00:00Z', 'litellm'),
            (0.0000000001, NULL, 5.5, '2021-01-01T00:00:00Z', 'litellm'),
            (NULL, NULL, NULL, '2022-01-01T00:00:00Z', NULL)
        ) p (input, output, cache, start, source);
    INSERT INTO prices (id, binding_id, input_per_1k, effective_from, source)
    SELECT uuidv7(), id, 1, '2020-01-01T00:00:00Z', 'price list'
    FROM provider_bindings ORDER BY id DESC LIMIT 1;
"""


def _component(meter: str, amount: str) -> dict[str, object]:
    return {
        "meter": meter,
        "unit": "TOKENS_1K",
        "amount": amount,
        "aboveInputTokens": 0,
        "variant": "STANDARD",
    }


def test_prices_get_components_and_an_unknown_start(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0011")
    with psycopg.connect(empty_url) as connection:
        connection.execute(ROWS)
        connection.execute(_PRICES)
    migrate.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        query = "SELECT effective_from::text, source, components FROM prices ORDER BY 1, 2"
        connection.execute("SET timezone TO 'UTC'")
        found = connection.execute(query).fetchall()
        events = connection.execute(
            "SELECT action FROM audit_events WHERE kind = 'PRICE' AND actor = 'migration'"
        ).fetchall()
    assert found == [
        ("-infinity", "litellm", [_component("INPUT", "0.0025"), _component("OUTPUT", "0")]),
        ("2020-01-01 00:00:00+00", "price list", [_component("INPUT", "1")]),
        (
            "2021-01-01 00:00:00+00",
            "litellm",
            [_component("CACHE_READ", "5.5"), _component("INPUT", "0.0000000001")],
        ),
        ("2022-01-01 00:00:00+00", None, []),
    ]
    assert events == [("PRICED",)] * 3
    replay.check(empty_url)
