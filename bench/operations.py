"""The five operations: their documents for each server, and the values of their variables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from graphql import OperationDefinitionNode, parse, print_ast

from domain import ids

TITLES = {
    "Q1": "gateway: a model by name, 3 newest active versions, their active bindings",
    "Q2": "dashboard: the first 20 models, 10 versions, 4 bindings each; always the same request",
    "Q3": "point: one model by id",
    "Q4": "mutation: a binding's success rate and latency",
    "Q5": "the dashboard's page after a random model",
}
NAMES = tuple(TITLES)
CURSORS = "Cursors"  # the operation that lists the cursors of all models
# The load generator replaces it by a new number in each request: an update must change something.
NUMBER_PLACEHOLDER = "@NUMBER@"
DASHBOARD_MODELS = 20
_DOCUMENTS = Path(__file__).parent / "documents"
_SAMPLES_MAX = 5_000
_SEED = 11


@dataclass(frozen=True, slots=True)
class SampledKeys:
    """Random rows for the variables: names and keys of models, keys of bindings."""

    models: tuple[tuple[str, UUID], ...]
    page_starts: tuple[str, ...]  # names of models that are followed by at least one whole page
    bindings: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one server spells a request: documents by operation, form of ids, cursors by model name.

    A server without documents goes by the operation's name. Without cursors, a model's name is the
    cursor.
    """

    documents: Mapping[str, str]
    has_prefixed_ids: bool = False
    cursors: Mapping[str, str] | None = None


def documents(name: str) -> dict[str, str]:
    """The operations of a file in bench/documents, each printed without needless blanks."""
    tree = parse((_DOCUMENTS / f"{name}.graphql").read_text("utf-8"))
    operations = [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]
    return {node.name.value: " ".join(print_ast(node).split()) for node in operations if node.name}


def sample_keys(url: str) -> SampledKeys:
    """Random keys of the database, the same each time."""
    with psycopg.connect(url) as connection:
        rows = connection.execute('SELECT name, id FROM models ORDER BY name COLLATE "C"')
        models = rows.fetchall()
        bindings = connection.execute("SELECT id FROM provider_bindings ORDER BY id").fetchall()
    random = Random(_SEED)
    starts = [name for name, _ in models[:-DASHBOARD_MODELS]] or [models[0][0]]
    return SampledKeys(
        tuple(random.sample(models, min(len(models), _SAMPLES_MAX))),
        tuple(random.sample(starts, min(len(starts), _SAMPLES_MAX))),
        tuple(key for (key,) in random.sample(bindings, min(len(bindings), _SAMPLES_MAX))),
    )


def variables(operation: str, keys: SampledKeys, dialect: Dialect, index: int) -> dict[str, Any]:
    """An operation's variables for the sampled key of that index."""
    name, model = keys.models[index % len(keys.models)]
    match operation:
        case "Q1":
            return {"name": name}
        case "Q2":
            return {"first": DASHBOARD_MODELS}
        case "Q3":
            return {"id": _id(ids.MODEL, model, dialect)}
        case "Q4":
            binding = keys.bindings[index % len(keys.bindings)]
            rate = round(0.9 + index % 1_000 / 10_000, 4)
            key = _id(ids.BINDING, binding, dialect)
            return {"id": key, "successRate": rate, "latencyMs": NUMBER_PLACEHOLDER}
        case _:
            start = keys.page_starts[index % len(keys.page_starts)]
            return {"after": dialect.cursors[start] if dialect.cursors else start}


def body(operation: str, dialect: Dialect, values: Mapping[str, Any]) -> str:
    """The JSON of a request; a `NUMBER_PLACEHOLDER` in it stands for a number without quotes."""
    request = {
        "query": dialect.documents.get(operation, ""),
        "operationName": operation,
        "variables": values,
    }
    text = json.dumps(request, separators=(",", ":"))
    return text.replace(f'"{NUMBER_PLACEHOLDER}"', NUMBER_PLACEHOLDER)


def bodies(operation: str, dialect: Dialect, keys: SampledKeys) -> list[str]:
    """All request bodies of an operation, in random order."""
    count = 1 if operation == "Q2" else max(len(keys.models), len(keys.page_starts))
    if operation == "Q4":
        count = len(keys.bindings)
    return [
        body(operation, dialect, variables(operation, keys, dialect, index))
        for index in range(count)
    ]


def _id(prefix: str, key: UUID, dialect: Dialect) -> str:
    return ids.encode(prefix, key) if dialect.has_prefixed_ids else str(key)
