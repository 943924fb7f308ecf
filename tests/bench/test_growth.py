"""Databases of two sizes compared, measured on real servers."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bench import data, explain, growth, growth_rows, pagination
from bench.growth import SizedServer
from bench.measure import LoadSchedule

SMALL, BINDINGS = 400, 2_400  # as in conftest.py
_SCHEDULE = LoadSchedule(rounds=1, seconds=0.2, warm_up_s=0, operations=(), connections=1)


@pytest.fixture(scope="module")
def sized(
    postgres_url: str, filled_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[SizedServer]]:
    folder: Path = tmp_path_factory.mktemp("growth")
    with ExitStack() as stack:
        small = stack.enter_context(data.copied(postgres_url, SMALL))
        yield [
            stack.enter_context(growth.running(url, bindings, folder))
            for url, bindings in ((small, SMALL), (filled_url, BINDINGS))
        ]


def test_the_far_page_is_the_last_whole_one_of_a_short_listing(sized: list[SizedServer]) -> None:
    pages = {name: query.page for name, query in sized[1].queries.items()}
    assert pages[pagination.first_page("ModelsByName")] == 1
    assert pages[pagination.far_page("ModelsByName")] == 3
    assert pages[pagination.far_page("BindingsNewest")] == BINDINGS // pagination.PAGE_SIZE


@pytest.mark.parametrize("listing", pagination.LISTINGS)
def test_the_far_page_is_a_whole_one(sized: list[SizedServer], listing: str) -> None:
    (_, large), field = sized, pagination.LISTINGS[listing]
    query = large.queries[pagination.far_page(listing)]
    connection = large.server.execute(listing, query.variables[0])[field]
    assert len(connection["nodes"]) == pagination.PAGE_SIZE
    assert not connection["pageInfo"]["hasNextPage"]


def _with_queries(names: Sequence[str], sized: SizedServer) -> SizedServer:
    queries = pagination.select(sized.queries, tuple(names))
    server = replace(sized.server, server=replace(sized.server.server, operations=tuple(queries)))
    return replace(sized, server=server, queries=queries)


def test_sizes_are_compared_within_rounds(sized: list[SizedServer], tmp_path: Path) -> None:
    names = ("Q3", pagination.first_page("ModelsByName"), pagination.far_page("ModelsByName"))
    samples = growth.measured([_with_queries(names, each) for each in sized], _SCHEDULE, tmp_path)
    assert sum(sample.load.failures for _, sample in samples) == 0
    rows = growth_rows.rows(samples, [SMALL, BINDINGS])
    by_size = [row for row in rows if row.baseline == f"{SMALL} bindings"]
    by_page = [row for row in rows if row.baseline == "page 1"]
    # Q3 is measured a second time, with 32 connections
    assert [row.name for row in by_size] == [name for name in (*names, "Q3") for _ in sized]
    assert [row.connections for row in by_size] == [1] * 6 + [32] * 2
    assert [(row.name, row.bindings) for row in by_page] == [
        (names[2], SMALL),
        (names[2], BINDINGS),
    ]
    for row in by_size:
        if row.bindings == SMALL:
            assert (row.p50.median, row.cpu.median) == (1, 1)


def test_an_unknown_query_cannot_be_selected(sized: list[SizedServer]) -> None:
    with pytest.raises(SystemExit, match="No query begins with Q9: Q1, Q2, "):
        pagination.select(sized[0].queries, ("Q9",))


async def test_every_statement_has_its_plan(sized: list[SizedServer]) -> None:
    large = sized[1]
    query = large.queries["Q1"]
    document = large.server.dialect.documents["Q1"]
    statements = await explain.explained(large.database_url, document, query.variables[0])
    assert len(statements) == 4  # models, versions, bindings, providers
    assert all("Buffers: shared" in each.plan for each in statements)
    assert "model_versions.content_hash" in statements[1].text
    assert "model_versions.archive_uri" not in statements[1].text  # only selected columns are read
