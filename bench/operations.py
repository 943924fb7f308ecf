"""The operations: their documents for each server, and the values of their variables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from graphql import OperationDefinitionNode, parse, print_ast

from bench import polls, routed
from domain import ids
from domain.candidates import CANDIDATES_MAX

TITLES = {
    "Q1": "gateway: a model by name, 3 newest active versions, their active bindings",
    "Q2": "dashboard: the first 20 models, 10 versions, 4 bindings each; always the same request",
    "Q3": "point: one model by id",
    "Q4": "mutation: a binding's success rate and latency",
    "Q5": "the dashboard's page after a random model",
    "Q6": "route: the 20 candidates of a model, by the strategy BALANCED",
    "Q7": "reportOutcomes: 500 calls of 100 bindings",
    "Q8": "poll: GET of a route by document id, with the ETag that the gateway has; 304",
}
NAMES = tuple(TITLES)
CATALOG = NAMES[:5]  # those that read and write the catalog alone
OF_ROUTED = {"Q6", "Q8"}  # those that need the models of bench/routed.py
CURSORS = "Cursors"  # the operation that lists the cursors of all models
# The load generator replaces it by a new number in each request: an update must change something.
NUMBER_PLACEHOLDER = "@NUMBER@"
DASHBOARD_MODELS = 20
_DOCUMENTS = Path(__file__).parent / "documents"
_SAMPLES_MAX = 5_000
_BATCHES = 40  # different ones, of outcomes
_BATCH_BINDINGS, _BATCH_ITEMS = 100, 500
_ITEM_NUMBERS = range(_BATCH_ITEMS)
_FAILING = 50  # one call in so many fails: circuits stay closed
_POLLS_MAX = 200  # different ones
_SEED = 11
_BINDINGS = "SELECT id FROM provider_bindings WHERE model_id = ANY(%s) ORDER BY id"


@dataclass(frozen=True, slots=True)
class SampledKeys:
    """Random rows for the variables: names and keys of models, keys of bindings."""

    models: tuple[tuple[str, UUID], ...]
    page_starts: tuple[str, ...]  # names of models that are followed by at least one whole page
    bindings: tuple[UUID, ...]
    routed: tuple[str, ...] = ()  # names of the models with 20 candidates, where there are any


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
        every = rows.fetchall()
        models = [row for row in every if not row[0].startswith(routed.PREFIX)]
        random = Random(_SEED)
        sampled = random.sample(models, min(len(models), _SAMPLES_MAX))
        bindings = connection.execute(_BINDINGS, [[key for _, key in sampled]]).fetchall()
    starts = [name for name, _ in models[:-DASHBOARD_MODELS]] or [models[0][0]]
    return SampledKeys(
        tuple(sampled),
        tuple(random.sample(starts, min(len(starts), _SAMPLES_MAX))),
        tuple(key for (key,) in random.sample(bindings, min(len(bindings), _SAMPLES_MAX))),
        tuple(name for name, _ in every if name.startswith(routed.PREFIX)),
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
        case "Q6" | "Q8":
            return {"input": _route_input(keys.routed[index % len(keys.routed)])}
        case "Q7":
            return {"input": {"items": _items(keys, dialect, index)}}
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
    return [
        body(operation, dialect, variables(operation, keys, dialect, index))
        for index in range(_count(operation, keys))
    ]


def targets(url: str, keys: SampledKeys) -> list[str]:
    """All targets of Q8."""
    count = _count("Q8", keys)
    return [polls.target(url, variables("Q8", keys, Dialect({}), index)) for index in range(count)]


def _count(operation: str, keys: SampledKeys) -> int:
    """The number of different requests of an operation."""
    counts = {
        "Q2": 1,
        "Q4": len(keys.bindings),
        "Q6": len(keys.routed),
        "Q7": _BATCHES,
        "Q8": min(len(keys.routed), _POLLS_MAX),
    }
    return counts.get(operation, max(len(keys.models), len(keys.page_starts)))


def _route_input(name: str) -> dict[str, Any]:
    return {"model": {"name": name}, "strategy": "BALANCED", "limit": CANDIDATES_MAX}


def _items(keys: SampledKeys, dialect: Dialect, index: int) -> list[dict[str, Any]]:
    """Calls that ended now; each binding has as many of them."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    first = index * _BATCH_BINDINGS
    places = [(first + number % _BATCH_BINDINGS) % len(keys.bindings) for number in _ITEM_NUMBERS]
    return [
        {
            "binding": _id(ids.BINDING, keys.bindings[place], dialect),
            "at": now,
            "outcome": "TIMEOUT" if (number + place) % _FAILING == 0 else "SUCCESS",
            "latencyMs": 200.5 + number,
            "inputTokens": 1_000 + number,
            "outputTokens": 200,
        }
        for number, place in enumerate(places)
    ]


def _id(prefix: str, key: UUID, dialect: Dialect) -> str:
    return ids.encode(prefix, key) if dialect.has_prefixed_ids else str(key)
