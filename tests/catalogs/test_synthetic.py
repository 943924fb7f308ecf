"""Synthetic data comes in parts, so that any number of bindings can be added."""

import psycopg
import pytest

from catalogs import synthetic
from db.postgres.engine import Database

SIZES = (3, 2, 2)


async def test_what_an_interrupted_load_committed_stays_and_a_second_one_adds_the_rest(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthetic, "_CHUNK_BINDINGS", 1)  # a model at a time

    class Interrupted(Exception):
        pass

    def interrupt(done: int, total: int) -> None:
        if done == total - 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        await synthetic.load(db, SIZES, 1, interrupt)
    assert _counts(database_url) == (2, 4, 8, 8)
    added, _ = await synthetic.load(db, SIZES, 1, lambda done, total: None)
    assert (added["models"], added["model_versions"], added["provider_bindings"]) == (1, 2, 4)
    assert _counts(database_url) == (3, 6, 12, 12)


def _counts(url: str) -> tuple[int, ...]:
    tables = ("models", "model_versions", "provider_bindings", "prices")
    query = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT {query}").fetchone() or ()
