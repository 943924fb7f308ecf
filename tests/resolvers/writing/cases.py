"""A complete input for every mutation, and a small registry in which it succeeds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias

from domain import ids
from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing import kept_world
from tests.resolvers.writing.field_values import VALUES, component_input
from tests.resolvers.writing.mutations import call

Json: TypeAlias = dict[str, Any]
NO_ID = "0" * 32
_TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@dataclass(frozen=True, slots=True)
class World:
    """The ids of a registry: a provider, an idle one, a token, and a model with four versions.

    The first version has a binding with a price and a HALF_OPEN circuit; the alias production was
    moved from the first to the second version; the third version is a draft without references; the
    fourth is archived.
    """

    gql: GraphQL
    provider: str
    idle: str
    model: str
    first: str
    second: str
    draft: str
    archived: str
    binding: str
    price: str
    token: str


def hash_of(number: int) -> str:
    """A content hash."""
    return f"{number:064x}"


async def world(gql: GraphQL) -> World:
    """That registry."""
    return replace(await kept_world.made_once(gql, _made), gql=gql)


async def _made(gql: GraphQL) -> World:
    """Create it by mutations."""
    providers = [
        (await call(gql, "createProvider", slug=slug, name=slug, kind="OPENAI"))["provider"]["id"]
        for slug in ("acme", "idle")
    ]
    model = (await call(gql, "createModel", name="m", task="CHAT"))["model"]["id"]
    versions = []
    for number, status in ((1, "ACTIVE"), (2, "ACTIVE"), (3, "DRAFT"), (0, "DRAFT")):
        created = await call(
            gql,
            "createVersion",
            model={"id": model},
            version=f"{number}.0.0",
            contentHash=hash_of(number),
            region="eu",
            status=status,
        )
        versions.append(created["version"]["id"])
    await call(gql, "archiveVersion", version={"id": versions[3]})
    binding = await call(gql, "createBinding", version={"id": versions[0]}, binding=binding_input())
    for version in versions[:2]:
        await call(
            gql, "setAlias", model={"id": model}, alias="production", version={"id": version}
        )
    bound = binding["binding"]
    key = ids.decode(ids.BINDING, bound["id"])
    await factories.circuit(gql.db, binding_id=key)
    token = (await call(gql, "createToken", name="ci", role="EDITOR"))["token"]["id"]
    return World(gql, *providers, model, *versions, bound["id"], bound["price"]["id"], token)


def binding_input(n: int = 0) -> Json:
    """Every field of a new binding."""
    return {
        "provider": "acme",
        "providerModelId": f"served-{n}",
        "region": "eu-west-1",
        "endpoint": "https://example.com/v1",
        "config": {"maxTokens": 4096, "nested": [{"task": "token-classification"}]},
        "credentialRef": "env://ACME",
        "status": "ACTIVE",
        "priority": 10,
        "weight": 50,
        "sunsetOn": "2030-01-31",
        "contextWindow": 64_000,
        "maxOutputTokens": 2_048,
        "capabilities": ["TOOLS", "STREAMING"],
        "requestsPerMinute": 600,
        "tokensPerMinute": 90_000,
        "price": price_input(n),
    }


def price_input(n: int = 0) -> Json:
    """Every field of a price."""
    return {
        "inputPer1k": "0.0025",
        "outputPer1k": "0.01",
        "cacheReadPer1k": "0",
        "cacheWritePer1k": "0.003",
        "components": [
            component_input("CACHE_READ", "0"),
            component_input("CACHE_WRITE", "0.003"),
            component_input("INPUT", "0.0025"),
            component_input("INPUT", "0.005", 200_000),
            component_input("OUTPUT", "0.01"),
        ],
        "effectiveFrom": f"2026-01-31T12:00:{n % 60:02}.{n // 60:06}+02:00",
        "source": "list price",
    }


def version_facts() -> Json:
    """All fields of a version that an update may change, except its status."""
    identity = ("version", "contentHash", "status")
    return {k: v for k, v in VALUES["CreateVersionInput"].items() if k not in identity}


def _create_model(w: World, n: int) -> Json:
    return {
        "name": f"new-{n}",
        "task": "CHAT",
        "subject": "math",
        "description": "New.",
        "labels": [{"key": "team", "value": "red"}],
        "retentionKeep": 5,
    }


def _update_model(w: World, n: int) -> Json:
    changed = {"model": {"id": w.model}, "task": "OCR", "expectedRevision": 1}
    return {**_create_model(w, n), **changed}


def _create_version(w: World, n: int) -> Json:
    return {
        **version_facts(),
        "model": {"id": w.model},
        "version": f"4.0.{n}",
        "contentHash": hash_of(4 + n),
        "status": "ACTIVE",
        "bindings": [binding_input(1), binding_input(2)],
        "alias": "canary",
        "applyRetention": False,
    }


class Case(NamedTuple):
    """A mutation's input, and its events: kind, action, and the object in `World`."""

    complete: Callable[[World, int], Json]  # without the idempotency key, which every input has
    events: list[tuple[str, str, str]]
    refused: Json  # a change that makes the input invalid

    def input(self, w: World, n: int) -> Json:
        """The complete input; another one for each `n`."""
        return {**self.complete(w, n), "idempotencyKey": f"key-{n}"}


GONE = {"id": f"mdl_{NO_ID}"}
CASES: dict[str, Case] = {
    "createModel": Case(_create_model, [("MODEL", "CREATED", "new")], {"name": "m"}),
    "updateModel": Case(_update_model, [("MODEL", "UPDATED", "model")], {"expectedRevision": 7}),
    "deleteModel": Case(
        lambda w, n: {"model": {"id": w.model}, "expectedRevision": 1, "force": True},
        [
            ("PRICE", "DELETED", "binding"),
            ("ALIAS", "DELETED", "model"),
            ("BINDING", "DELETED", "binding"),
            ("VERSION", "DELETED", "first"),
            ("VERSION", "DELETED", "second"),
            ("VERSION", "DELETED", "draft"),
            ("VERSION", "DELETED", "archived"),
            ("MODEL", "DELETED", "model"),
        ],
        {"force": False},
    ),
    "createVersion": Case(
        _create_version,
        [
            ("VERSION", "CREATED", "new"),
            ("BINDING", "CREATED", "any"),
            ("BINDING", "CREATED", "any"),
            ("PRICE", "PRICED", "any"),
            ("PRICE", "PRICED", "any"),
            ("ALIAS", "ALIASED", "model"),
        ],
        {"contentHash": hash_of(1)},
    ),
    "updateVersion": Case(
        lambda w, n: {
            **version_facts(),
            "version": {"id": w.draft},
            "expectedRevision": 1,
            "status": "ACTIVE",
        },
        [("VERSION", "UPDATED", "draft")],
        {"status": "DEPRECATED"},
    ),
    "deleteVersion": Case(
        lambda w, n: {"version": {"id": w.first}, "expectedRevision": 1, "force": True},
        [
            ("PRICE", "DELETED", "binding"),
            ("BINDING", "DELETED", "binding"),
            ("VERSION", "DELETED", "first"),
        ],
        {"force": False},
    ),
    "archiveVersion": Case(
        lambda w, n: {"version": {"id": w.first}, "expectedRevision": 1},
        [
            ("PRICE", "DELETED", "binding"),
            ("BINDING", "DELETED", "binding"),
            ("VERSION", "ARCHIVED", "first"),
        ],
        {"expectedRevision": 7},
    ),
    "restoreVersion": Case(
        lambda w, n: {"version": {"id": w.archived}, "expectedRevision": 2},
        [("VERSION", "RESTORED", "archived")],
        {"expectedRevision": 7},
    ),
    "setVersionHold": Case(
        lambda w, n: {"version": {"id": w.first}, "expectedRevision": 1, "reason": "an audit"},
        [("VERSION", "HELD", "first")],
        {"expectedRevision": 7},
    ),
    "applyRetention": Case(
        lambda w, n: {
            "model": {"id": w.model},
            "keep": 1,
            "purgeArchivedBefore": "2020-01-01T00:00:00Z",
            "planHash": sha256(f"archive {w.first}".encode()).hexdigest(),
        },
        [
            ("PRICE", "DELETED", "binding"),
            ("BINDING", "DELETED", "binding"),
            ("VERSION", "ARCHIVED", "first"),
            ("RETENTION", "RETENTION_APPLIED", "new"),
        ],
        {"planHash": hash_of(1)},
    ),
    "createBinding": Case(
        lambda w, n: {
            "version": {"id": w.second},
            "binding": binding_input(n),
        },
        [("BINDING", "CREATED", "new"), ("PRICE", "PRICED", "new")],
        {"version": {"id": f"ver_{NO_ID}"}},
    ),
    "updateBinding": Case(
        lambda w, n: {
            **{k: v for k, v in binding_input(n + 9).items() if k not in ("provider", "price")},
            "binding": {"id": w.binding},
            "expectedRevision": 1,
            "successRate": 0.5,
            "latencyMs": 120.5,
        },
        [("BINDING", "UPDATED", "binding")],
        {"expectedRevision": 2},
    ),
    "deleteBinding": Case(
        lambda w, n: {"binding": {"id": w.binding}, "expectedRevision": 1},
        [("PRICE", "DELETED", "binding"), ("BINDING", "DELETED", "binding")],
        {"binding": {"id": f"bnd_{NO_ID}"}},
    ),
    "setCircuit": Case(
        lambda w, n: {
            "binding": {"id": w.binding},
            "state": "OPEN",
            "until": _TOMORROW,
            "reason": f"maintenance {n}",
        },
        [("BINDING", "CIRCUIT_OPENED", "binding")],
        {"state": "HALF_OPEN"},
    ),
    "claimTrial": Case(
        lambda w, n: {"binding": {"id": w.binding}},
        [("BINDING", "CIRCUIT_HALF_OPENED", "binding")],
        {"binding": {"id": f"bnd_{NO_ID}"}},
    ),
    "setPrice": Case(
        lambda w, n: {"binding": {"id": w.binding}, "price": price_input(n + 1)},
        [("PRICE", "PRICED", "binding")],
        {"price": price_input(0)},
    ),
    "withdrawPrice": Case(
        lambda w, n: {"price": w.price},
        [("PRICE", "WITHDRAWN", "binding")],
        {"price": f"prc_{NO_ID}"},
    ),
    "createProvider": Case(
        lambda w, n: {
            "slug": f"new-{n}",
            "name": "New",
            "kind": "BEDROCK",
            "apiBase": "https://api.example.com",
            "docsUrl": "https://docs.example.com",
        },
        [("PROVIDER", "CREATED", "new")],
        {"slug": "acme"},
    ),
    "updateProvider": Case(
        lambda w, n: {
            "provider": {"id": w.provider},
            "expectedRevision": 1,
            "name": "Changed",
            "kind": "BEDROCK",
            "apiBase": "https://api.example.com",
            "docsUrl": "https://docs.example.com",
        },
        [("PROVIDER", "UPDATED", "provider")],
        {"provider": {"id": f"prv_{NO_ID}"}},
    ),
    "deleteProvider": Case(
        lambda w, n: {"provider": {"id": w.idle}, "expectedRevision": 1},
        [("PROVIDER", "DELETED", "idle")],
        {"expectedRevision": 2},
    ),
    "setAlias": Case(
        lambda w, n: {
            "model": {"id": w.model},
            "alias": "production",
            "version": {"id": w.draft},
            "expectedVersion": w.second,
        },
        [("ALIAS", "ALIASED", "model")],
        {"model": GONE},
    ),
    "rollbackAlias": Case(
        lambda w, n: {
            "model": {"id": w.model},
            "alias": "production",
            "expectedVersion": w.second,
        },
        [("ALIAS", "ROLLED_BACK", "model")],
        {"alias": "nobody"},
    ),
    "deleteAlias": Case(
        lambda w, n: {
            "model": {"id": w.model},
            "alias": "production",
            "expectedVersion": w.second,
        },
        [("ALIAS", "DELETED", "model")],
        {"model": GONE},
    ),
    "createToken": Case(
        lambda w, n: {"name": f"new-{n}", "role": "GATEWAY", "expiresAt": _TOMORROW},
        [("TOKEN", "CREATED", "new")],
        {"name": "ci"},
    ),
    "rotateToken": Case(
        lambda w, n: {"token": w.token, "graceMinutes": 1 + n % 60},
        [("TOKEN", "UPDATED", "token")],
        {"graceMinutes": -1},
    ),
    "revokeToken": Case(
        lambda w, n: {"id": w.token},
        [("TOKEN", "REVOKED", "token")],
        {"id": f"tok_{NO_ID}"},
    ),
}
