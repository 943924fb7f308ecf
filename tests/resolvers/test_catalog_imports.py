"""What a catalog says of its last import."""

from typing import Any

import pytest

from catalogs.sources import genai_prices
from db.postgres.engine import Database
from db.writes import work_runs
from tests import factories
from tests.graphql import GraphQL
from tests.imports import import_file

LAST = """query ($name: String!) { catalog(name: $name) { entryCount importedAt lastImport {
    endedAt succeeded succeededAt seconds
    entries created changed delisted relisted conflicts skipped } } }"""
FIGURES = {"entries": 7, "created": 6, "changed": 5, "delisted": 4, "relisted": 3}


async def _last(gql: GraphQL, name: str = "acme") -> Any:
    return (await gql(LAST, name=name))["catalog"]["lastImport"]


async def _noted(db: Database, figures: dict[str, float]) -> None:
    async with work_runs.noted(db, work_runs.IMPORT, "acme") as noted:
        noted |= figures


async def test_a_catalog_has_no_last_import_before_one_is_noted(gql: GraphQL) -> None:
    await factories.catalog(gql.db, name="acme")
    async with work_runs.noted(gql.db, work_runs.JOB, "acme"):
        pass
    async with work_runs.noted(gql.db, work_runs.IMPORT, "other"):
        pass
    assert await _last(gql) is None


async def test_the_figures_of_a_failed_import_are_those_of_the_last_success(gql: GraphQL) -> None:
    await factories.catalog(gql.db, name="acme")
    with pytest.raises(ValueError, match="unreadable"):
        await _failing(gql.db)
    first = await _last(gql)
    assert (first["succeeded"], first["succeededAt"], first["entries"]) == (False, None, None)
    await _noted(gql.db, {**FIGURES, "conflicts": 2, "skipped": 1})
    done = await _last(gql)
    assert done["succeeded"] is True
    assert done["endedAt"] == done["succeededAt"] > first["endedAt"]
    assert {**FIGURES, "conflicts": 2, "skipped": 1}.items() <= done.items()
    with pytest.raises(ValueError, match="unreadable"):
        await _failing(gql.db)
    failed = await _last(gql)
    assert failed["succeeded"] is False
    assert failed["succeededAt"] == done["succeededAt"] < failed["endedAt"]
    assert FIGURES.items() <= failed.items()


async def _failing(db: Database) -> None:
    async with work_runs.noted(db, work_runs.IMPORT, "acme"):
        raise ValueError("unreadable")


async def test_a_figure_that_an_earlier_release_did_not_note_is_unknown(gql: GraphQL) -> None:
    await factories.catalog(gql.db, name="acme")
    await _noted(gql.db, {"entries": 7, "created": 0, "changed": 0, "conflicts": 0, "skipped": 0})
    last = await _last(gql)
    assert (last["entries"], last["created"]) == (7, 0)
    assert (last["delisted"], last["relisted"]) == (None, None)


async def test_an_import_notes_what_it_did(gql: GraphQL) -> None:
    file = genai_prices.read()
    await import_file(gql.db, file)
    data = (await gql(LAST, name=file.catalog))["catalog"]
    first = data["lastImport"]
    assert first["entries"] == len(file.entries) >= data["entryCount"] > 0
    assert first["created"] > data["entryCount"]
    assert (first["delisted"], first["relisted"]) == (0, 0)
    await import_file(gql.db, file)
    assert (await _last(gql, file.catalog))["created"] == 0
