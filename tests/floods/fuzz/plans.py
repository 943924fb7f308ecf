"""Compares the answers of compiled plans with those of the executor, over HTTP.

The same queries go to two servers on one database, one of which has compiled plans turned off.
tests/schema/test_differential.py compares plans in the process; here all else is between: the
limits, the cache of responses, batches, the order of errors.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    NameNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    print_ast,
    visit,
)

from tests.floods.fuzz import answers, rounds
from tests.floods.fuzz.mending import mended, with_types
from tests.floods.fuzz.rounds import Round
from tests.floods.fuzz.rows import Rows, over_http, read
from tests.floods.fuzz.values import maker
from tests.planner.documents import cases

_CHANGING_SHARE = 0.1  # of the time, in which mutations make the rows odd
_BATCH = 200  # written queries to as many generated ones
# They are made anew for each answer, so no two servers have the same.
MADE_ANEW = frozenset({"RegistryStats.computedAt", "Route.decidedAt"})


@dataclass
class Compared(Round):
    """A round of two servers."""

    compared: int = 0
    with_data: int = 0
    different: int = 0

    def lines(self, name: str, schema: GraphQLSchema) -> list[str]:
        """A report."""
        line = (
            f"{name}: {self.compared} queries compared, {self.with_data} of them without an error,"
            f" {self.different} different"
        )
        return [line, *super().lines(name, schema)]


def compare(urls: tuple[str, str], seconds: float) -> Compared:
    """Change the registry for a while, then send the same queries to both servers."""
    schema = answers.for_checks()
    changed = rounds.with_hypothesis(urls[0], seconds * _CHANGING_SHARE)
    done, until = (
        Compared(faults=changed.faults),
        time.monotonic() + seconds * (1 - _CHANGING_SHARE),
    )
    with httpx.Client(timeout=30) as client:
        rows = read(over_http(client, urls[0]))
        seed, rng = 0, Random()
        while time.monotonic() < until:
            for body in (*written(schema, rows, seed, _BATCH), *_generated(schema, rows, rng)):
                if time.monotonic() < until:
                    _compare(client, schema, urls, body, done)
            seed += _BATCH
    return done


def written(schema: GraphQLSchema, rows: Rows, seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Queries with fragments, directives and variables."""
    seeds = range(seed, seed + count)
    for _, case in cases(schema, maker(rows), seeds, leave_out=MADE_ANEW):
        if not case.text.startswith("mutation"):
            text = print_ast(with_types(schema, case.document))
            yield {"query": text, "variables": case.variables}


def _generated(schema: GraphQLSchema, rows: Rows, rng: Random) -> list[dict[str, Any]]:
    """Queries of hypothesis-graphql, half of them with variables."""
    made: list[dict[str, Any]] = []

    def one(document: DocumentNode) -> None:
        text = print_ast(without(schema, mended(schema, document, rng, rows), MADE_ANEW))
        has_variables = rng.random() < 0.5
        made.append(rounds.with_variables(schema, text) if has_variables else {"query": text})

    for strategy in rounds.documents(schema, with_mutations=False):
        rounds.for_each(strategy, one)
    return made


class _Without(Visitor):
    def __init__(self, info: TypeInfo, left_out: frozenset[str]) -> None:
        super().__init__()
        self.info, self.left_out = info, left_out

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        if f"{self.info.get_parent_type()}.{node.name.value}" in self.left_out:
            return FieldNode(name=NameNode(value="__typename"))
        return None


def without(
    schema: GraphQLSchema, document: DocumentNode, left_out: frozenset[str]
) -> DocumentNode:
    """The document with `__typename` in place of these fields."""
    info = TypeInfo(schema)
    made = visit(document, TypeInfoVisitor(info, _Without(info, left_out)))
    assert isinstance(made, DocumentNode)
    return made


def _compare(
    client: httpx.Client,
    schema: GraphQLSchema,
    urls: tuple[str, str],
    body: dict[str, Any],
    done: Compared,
) -> None:
    planned, executed = (rounds.send(client, url, body) for url in urls)
    done.add(schema, body, planned)
    done.compared += 1
    done.with_data += not planned.errors
    if plain(planned.body) != plain(executed.body):
        done.different += 1
        answered = f"{planned.text}\n  {executed.text}"
        done.faults.append(f"different: {json.dumps(body)}\n  {answered}")


def plain(body: dict[str, Any]) -> str:
    """What must be equal in two answers."""
    errors = [dict(error) for error in body.get("errors", ())]
    for error in errors:
        # Each request has an ID of its own.
        error["extensions"] = {**error["extensions"], "requestId": ""}
    # Fields are resolved at the same time, and that which fails first is first.
    errors.sort(key=json.dumps)
    return json.dumps({**body, "errors": errors})
