"""The five operations, in the words of each server, and what fills their variables."""

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
    "Q2": "dashboard: the first 20 models, 10 versions, 4 bindings each; all ask the same",
    "Q3": "point: one model by id",
    "Q4": "mutation: a binding's success rate and latency",
    "Q5": "the dashboard's page at a random place",
}
NAMES = tuple(TITLES)
CURSORS = "Cursors"  # the operation that lists them
ANY_NUMBER = (
    "@NUMBER@"  # the load generator puts a new number here: an update must change something
)
DASHBOARD_MODELS = 20
_DOCUMENTS = Path(__file__).parent / "documents"
_PLACES_MAX = 5_000
_SEED = 11


@dataclass(frozen=True, slots=True)
class Places:
    """Where the random operations look: models' names and keys, bindings' keys."""

    models: tuple[tuple[str, UUID], ...]
    starts: tuple[str, ...]  # the names that a whole page of models follows
    bindings: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """How a server is spoken to: documents by operation, whose ids it takes, its cursors by name.

    Without documents it goes by the operation's name; without cursors a model's name is one.
    """

    documents: Mapping[str, str]
    has_prefixed_ids: bool = False
    cursors: Mapping[str, str] | None = None


def documents(server: str) -> dict[str, str]:
    """A server's documents by operation, each printed without needless blanks."""
    tree = parse((_DOCUMENTS / f"{server}.graphql").read_text("utf-8"))
    operations = [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]
    return {node.name.value: " ".join(print_ast(node).split()) for node in operations if node.name}


def places(url: str) -> Places:
    """Random places of the database, the same each time."""
    with psycopg.connect(url) as connection:
        models = connection.execute('SELECT name, id FROM models ORDER BY name COLLATE "C"')
        every = models.fetchall()
        bindings = connection.execute("SELECT id FROM provider_bindings ORDER BY id").fetchall()
    random = Random(_SEED)
    starts = [name for name, _ in every[:-DASHBOARD_MODELS]] or [every[0][0]]
    return Places(
        tuple(random.sample(every, min(len(every), _PLACES_MAX))),
        tuple(random.sample(starts, min(len(starts), _PLACES_MAX))),
        tuple(key for (key,) in random.sample(bindings, min(len(bindings), _PLACES_MAX))),
    )


def variables(operation: str, given: Places, language: Language, place: int) -> dict[str, Any]:
    """An operation's variables at the n-th of the random places."""
    name, model = given.models[place % len(given.models)]
    match operation:
        case "Q1":
            return {"name": name}
        case "Q2":
            return {"first": DASHBOARD_MODELS}
        case "Q3":
            return {"id": _id(ids.MODEL, model, language)}
        case "Q4":
            binding = given.bindings[place % len(given.bindings)]
            rate = round(0.9 + place % 1_000 / 10_000, 4)
            key = _id(ids.BINDING, binding, language)
            return {"id": key, "successRate": rate, "latencyMs": ANY_NUMBER}
        case _:
            start = given.starts[place % len(given.starts)]
            return {"after": language.cursors[start] if language.cursors else start}


def body(operation: str, language: Language, values: Mapping[str, Any]) -> str:
    """A request's body; an `ANY_NUMBER` in it stands where a bare number goes."""
    request = {
        "query": language.documents.get(operation, ""),
        "operationName": operation,
        "variables": values,
    }
    return json.dumps(request, separators=(",", ":")).replace(f'"{ANY_NUMBER}"', ANY_NUMBER)


def bodies(operation: str, language: Language, given: Places) -> list[str]:
    """All the bodies that an operation is measured with, in random order."""
    count = 1 if operation == "Q2" else max(len(given.models), len(given.starts))
    if operation == "Q4":
        count = len(given.bindings)
    return [
        body(operation, language, variables(operation, given, language, place))
        for place in range(count)
    ]


def _id(prefix: str, key: UUID, language: Language) -> str:
    return ids.encode(prefix, key) if language.has_prefixed_ids else str(key)
