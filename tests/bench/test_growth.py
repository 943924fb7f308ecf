"""Databases of two sizes side by side, on servers that really run."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bench import data, explain, growth, growth_rows, pagination
from bench.growth import Sized
from bench.measure import Plan

SMALL, BINDINGS = 400, 2_400  # as in conftest.py
_PLAN = Plan(rounds=1, seconds=0.2, warm_up_s=0, operations=(), connections=1)


@pytest.fixture(scope="module")
def sized(
    postgres_url: str, filled_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Sized]]:
    folder: Path = tmp_path_factory.mktemp("growth")
    with ExitStack() as stack:
        small = stack.enter_context(data.copied(postgres_url, SMALL))
        yield [
            stack.enter_context(growth.opened(url, bindings, folder))
            for url, bindings in ((small, SMALL), (filled_url, BINDINGS))
        ]


def test_the_far_page_is_the_last_whole_one_where_there_are_few(sized: list[Sized]) -> None:
    pages = {name: asked.page for name, asked in sized[1].asked.items()}
    assert pages[pagination.near("ModelsByName")] == 1
    assert pages[pagination.far("ModelsByName")] == 3
    assert pages[pagination.far("BindingsNewest")] == BINDINGS // pagination.SIZE


@pytest.mark.parametrize("listing", pagination.LISTINGS)
def test_the_far_page_is_a_whole_one(sized: list[Sized], listing: str) -> None:
    (_, large), field = sized, pagination.LISTINGS[listing]
    asked = large.asked[pagination.far(listing)]
    far = large.server.ask(listing, asked.variables[0])[field]
    assert len(far["nodes"]) == pagination.SIZE
    assert not far["pageInfo"]["hasNextPage"]


def _only(chosen: Sequence[str], sized: Sized) -> Sized:
    asked = pagination.chosen(sized.asked, tuple(chosen))
    server = replace(sized.server, server=replace(sized.server.server, operations=tuple(asked)))
    return replace(sized, server=server, asked=asked)


def test_sizes_are_compared_within_rounds(sized: list[Sized], tmp_path: Path) -> None:
    chosen = ("Q3", pagination.near("ModelsByName"), pagination.far("ModelsByName"))
    samples = growth.measured([_only(chosen, each) for each in sized], _PLAN, tmp_path)
    assert sum(sample.load.failures for _, sample in samples) == 0
    found = growth_rows.compared(samples, [SMALL, BINDINGS])
    by_size = [each for each in found if each.over == f"{SMALL} bindings"]
    by_page = [each for each in found if each.over == "page 1"]
    # Q3 once more, by 32 at once
    assert [each.name for each in by_size] == [name for name in (*chosen, "Q3") for _ in sized]
    assert [each.connections for each in by_size] == [1] * 6 + [32] * 2
    assert [(each.name, each.bindings) for each in by_page] == [
        (chosen[2], SMALL),
        (chosen[2], BINDINGS),
    ]
    for each in by_size:
        if each.bindings == SMALL:
            assert (each.p50.median, each.cpu.median) == (1, 1)


def test_what_is_not_asked_cannot_be_chosen(sized: list[Sized]) -> None:
    with pytest.raises(SystemExit, match="Nothing begins with Q9: Q1, Q2, "):
        pagination.chosen(sized[0].asked, ("Q9",))


async def test_a_plan_is_shown_for_each_statement(sized: list[Sized]) -> None:
    large = sized[1]
    asked = large.asked["Q1"]
    document = large.server.language.documents["Q1"]
    found = await explain.explained(large.database_url, document, asked.variables[0])
    assert len(found) == 4  # models, versions, bindings, providers
    assert all("Buffers: shared" in each.plan for each in found)
    assert "model_versions.content_hash" in found[1].statement
    assert "model_versions.archive_uri" not in found[1].statement  # read only what is asked for
