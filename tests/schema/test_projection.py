"""A plan loads only the columns it reads; every field of every type is among them.

One that were not would make the plan give way to the executor each time, slower but right, and
nobody would notice.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
    validate,
)

from db.postgres.engine import Database
from planner import MutationPlan, Planner, Unplannable
from server.app import PASSTHROUGH
from tests.db.clones import opened
from tests.graphql import SCHEMA, context
from tests.planner.executors import run_executor, run_plan
from tests.schema import seeded

CORE = SCHEMA._schema


@pytest.fixture
async def filled(postgres_url: str, template: str) -> AsyncIterator[tuple[Database, seeded.Known]]:
    async with opened(postgres_url, template) as db:
        yield db, await seeded.fill(db)


def _given(known: seeded.Known) -> dict[str, str]:
    """Arguments for the fields that require some."""
    model, version = known.by_type["models.name"][-1], known.by_type["versions.id"][0]
    ids = [id for key, some in known.by_type.items() if key.endswith(".id") for id in some]
    by_prefix = {id[:4]: id for id in known.ids}
    ids += by_prefix.values()
    return {
        "Query.nodes": f"(ids: {json.dumps(ids)})",
        "Query.model": f'(by: {{name: "{model}"}})',
        "Query.version": f'(by: {{id: "{version}"}})',
        "Query.binding": f'(id: "{known.by_type["bindings.id"][0]}")',
        "Query.provider": f'(slug: "{known.by_type["providers.slug"][0]}")',
        "Query.catalog": f'(name: "{known.by_type["catalogs.name"][0]}")',
        "Query.retentionPlan": "(input: {keep: 1})",
        "Model.version": "(select: {latest: true})",
    }


def _fields(type_: Any, given: dict[str, str]) -> Iterator[tuple[str, GraphQLField]]:
    """A type's fields as written in a document, those left out that need what nobody gives."""
    for name, field in type_.fields.items():
        place = f"{type_}.{name}"
        if place in given:
            yield name + given[place], field
        elif not any(map(is_required_argument, field.args.values())):
            yield name, field


def _objects(type_: Any) -> list[tuple[str, Any]]:
    """The object types a field's type may stand for, and how a selection narrows to each."""
    named = get_named_type(type_)
    if isinstance(named, GraphQLObjectType):
        return [("", named)]
    return [(f"... on {one} ", one) for one in CORE.get_possible_types(named)]


def _documents(given: dict[str, str]) -> Iterator[str]:
    """A document for each leaf of each object type, by each field that leads there."""
    seen = {CORE.query_type}
    level: list[tuple[Any, str]] = [(CORE.query_type, "{ %s }")]
    while level:
        below = []
        for type_, way in level:
            for text, field in _fields(type_, given):
                if is_leaf_type(get_named_type(field.type)):
                    continue
                for narrowed, one in _objects(field.type):
                    inner = "{ " + narrowed + ("{ %s } }" if narrowed else "%s }")
                    onward = way % f"{text} {inner}"
                    for leaf, definition in _fields(one, given):
                        if is_leaf_type(get_named_type(definition.type)):
                            yield onward % leaf
                    # on by the listings: they read columns by name, and have rows of every kind
                    is_listing = "(" not in text or text.startswith("retentionPlan")
                    if is_listing and one not in seen:
                        seen.add(one)
                        below.append((one, onward))
        level = below


async def test_no_single_field_makes_a_plan_give_way(
    filled: tuple[Database, seeded.Known],
) -> None:
    db, known = filled
    planner = Planner(SCHEMA, passthrough=PASSTHROUGH)
    count = 0
    for text in _documents(_given(known)):
        document = parse(text)
        if "__schema" in text or "computedAt" in text or validate(CORE, document):
            continue
        plan = planner.plan(document, None, text)
        assert not isinstance(plan, Unplannable | MutationPlan), text
        planned = await run_plan(plan, SCHEMA, document, context(db))
        stock = await run_executor(SCHEMA, document, context(db))
        assert stock.errors is None
        assert orjson.dumps(planned.data) == orjson.dumps(stock.data), text
        count += 1
    assert count > 400
