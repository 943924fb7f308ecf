"""Values for arguments and input fields that the registry can take, mostly."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeAlias

from graphql import GraphQLInputObjectType, get_named_type

from tests.floods.fuzz.rows import Row, Rows
from tests.planner.documents import MakeValue

Make: TypeAlias = Callable[[Random, Rows], Any]

# Connections whose rows a reference names.
_KINDS = {
    "ModelRef": "models",
    "VersionRef": "versions",
    "BindingRef": "bindings",
    "ProviderRef": "providers",
}
_OBJECTS = {"price", "select", "labels"}
_REGIONS = ["eu-west-1", "us-east-1", "eu-central-1"]


def maker(rows: Rows) -> MakeValue:
    """Makes the value of a coordinate such as `Query.node.id`; NotImplemented where any will do."""

    def make(rng: Random, coordinate: str, type_: Any) -> Any:
        kind = get_named_type(type_)
        named, is_object = kind.name, isinstance(kind, GraphQLInputObjectType)
        is_list = "[" in str(type_)
        name = coordinate.rsplit(".", 1)[-1]
        if not is_list and named in _KINDS:
            row = a_row(rng, rows, _KINDS[named])
            return reference(rng, named, row) if row else NotImplemented
        for key in (coordinate, name, "" if is_list else named):
            is_another = key == name and is_object and name not in _OBJECTS  # a filter's range
            if key in _VALUES and not is_another:
                return _VALUES[key](rng, rows)
        return NotImplemented

    return make


def a_row(rng: Random, rows: Rows, kind: str) -> Row | None:
    """One of the rows of a kind; None when there is none."""
    found = rows.by_kind.get(kind)
    return rng.choice(found) if found else None


def reference(rng: Random, type_: str, row: Row) -> Row:
    """A value of ModelRef, VersionRef, ProviderRef or BindingRef that names the row."""
    choices: list[Row] = [{"id": row["id"]}]
    if type_ == "ModelRef":
        choices.append({"name": row["name"]})
    elif type_ == "ProviderRef":
        choices.append({"slug": row["slug"]})
    elif type_ == "VersionRef":
        selectors = [{"version": row["version"]}, {"number": row["number"]}, {"latest": True}]
        selectors += [{"contentHash": row["contentHash"]}, {"alias": "production"}]
        model = {"name": row["model"]["name"]}
        choices.append({"contentHash": row["contentHash"]})
        choices.append({"inModel": {"model": model, "select": rng.choice(selectors)}})
    elif type_ == "BindingRef":
        key = {"version": {"id": row["version"]["id"]}, "provider": row["provider"]["slug"]}
        key |= {name: row[name] for name in ("providerModelId", "region")}
        choices.append({"inVersion": key})
    return rng.choice(choices)


def _of(kind: str, column: str, fallback: str = "none") -> Make:
    """A column of one of the rows of a kind."""

    def make(rng: Random, rows: Rows) -> Any:
        row = a_row(rng, rows, kind)
        return row[column] if row else fallback

    return make


def _any(*values: Any) -> Make:
    return lambda rng, rows: rng.choice(values)


def _new(text: str) -> Make:
    """A text that is new, mostly."""
    return lambda rng, rows: text.format(rng.randrange(10 ** rng.choice([1, 6, 6])))


def _later(*seconds: float) -> Make:
    """One of these times from now, in UTC."""

    def make(rng: Random, rows: Rows) -> str:
        then = datetime.now(UTC) + timedelta(seconds=rng.choice(seconds))
        return then.isoformat()

    return make


def _some(make: Make, most: int = 3) -> Make:
    """A list of 1 to `most` different values."""

    def made(rng: Random, rows: Rows) -> list[Any]:
        found = [make(rng, rows) for _ in range(rng.randint(1, most))]
        return [value for at, value in enumerate(found) if value not in found[:at]]

    return made


def _hash(rng: Random, rows: Rows) -> str:
    return f"{rng.getrandbits(256):064x}"


def _semver(rng: Random, rows: Rows) -> str:
    core = ".".join(str(rng.randrange(50)) for _ in range(3))
    suffixes = "", "", f"-rc.{rng.randrange(9)}", "-0a.--", "+build.01", "-x+y"
    return core + rng.choice(suffixes)


def _label(rng: Random, rows: Rows) -> Row:
    return {"key": rng.choice(["tier", "team"]), "value": rng.choice(["gold", "a"])}


def _labels(rng: Random, rows: Rows) -> list[Row]:
    return [_label(rng, rows)]


def _minute(day: int, hours: int) -> Make:
    """The start of an hour of a day before today."""

    def make(rng: Random, rows: Rows) -> str:
        now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return (now - timedelta(days=day) + timedelta(hours=hours)).isoformat()

    return make


def _selector(rng: Random, rows: Rows) -> Row:
    version = {"version": _SEMVER(rng, rows)}
    return rng.choice([{"latest": True}, {"number": 1}, {"alias": "production"}, version])


def _price(rng: Random, rows: Rows) -> Row:
    price: Row = {"source": "fuzz"} if rng.random() < 0.5 else {}
    if rng.random() < 0.6:
        price["effectiveFrom"] = _later(60, 86_400, 864_000)(rng, rows)
    if rng.random() < 0.3:
        return price | {"components": [_component(rng, rows)]}
    names = ["inputPer1k", "outputPer1k", "cacheReadPer1k", "cacheWritePer1k"]
    return price | {name: _amount(rng, rows) for name in names if rng.random() < 0.6}


def _component(rng: Random, rows: Rows) -> Row:
    meter, unit = rng.choice([("INPUT", "TOKENS_1K"), ("REQUEST", "REQUEST")])
    tier = {"aboveInputTokens": 0, "variant": rng.choice(["STANDARD", "BATCH"])}
    return {"meter": meter, "unit": unit, "amount": _amount(rng, rows), **tier}


def _amount(rng: Random, rows: Rows) -> Any:
    return rng.choice(["0", "0.5", "0.0000001", 3, "1.25", "0.10"])


def _outcome(rng: Random, rows: Rows) -> Row:
    binding = a_row(rng, rows, "bindings")
    item: Row = {"binding": binding["id"] if binding else "none", "at": _later(-1, -90)(rng, rows)}
    item["outcome"] = rng.choice(["SUCCESS", "SUCCESS", "TIMEOUT", "UPSTREAM_ERROR", "AUTH"])
    numbers = {"latencyMs": 120.5, "ttftMs": 20, "inputTokens": 100, "outputTokens": 7}
    return item | {name: number for name, number in numbers.items() if rng.random() < 0.5}


def _rollup(rng: Random, rows: Rows) -> Row:
    item, count = _outcome(rng, rows), rng.randint(1, 5)
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    minute -= timedelta(minutes=rng.randint(1, 300))
    rollup = {"binding": item["binding"], "outcome": item["outcome"], "count": count}
    rollup["minute"] = minute.isoformat()
    times: Row = {"bounds": [10, 500.5], "counts": [0, count, 0]}
    extra: Row = {"latencyMs": times, "ttftMs": times | {"sum": 100.0 * count}, "costUsd": "0.25"}
    extra |= {"inputTokens": 2**40 - 2**39, "outputTokens": "70"}
    return rollup | {name: value for name, value in extra.items() if rng.random() < 0.5}


def _token(rng: Random, rows: Rows) -> str:
    valid = [row["id"] for row in rows.by_kind.get("tokens", ()) if not row["revokedAt"]]
    return str(rng.choice(valid or ["tok_none"]))


def _a_price(rng: Random, rows: Rows) -> str:
    prices = rows.by_kind.get("prices", ())
    scheduled = [row["id"] for row in prices if row["scheduled"]]
    found = scheduled or [row["id"] for row in prices]
    return str(rng.choice(found or ["prc_none"]))


def _an_id(rng: Random, rows: Rows) -> str:
    return str(rng.choice(rows.ids or ["mdl_none"]))


def _alias(rng: Random, rows: Rows) -> str:
    return str(rng.choice(["production", "canary", f"fuzz-{rng.randrange(20)}"]))


_MODEL_NAME, _SLUG = _of("models", "name"), _of("providers", "slug")
_PROVIDER_MODEL_ID = _of("bindings", "providerModelId")
_SEMVER = _of("versions", "version", "1.0.0")
_CONTENT_HASH = _of("versions", "contentHash", "0" * 64)

# By coordinate, by the name of the argument or field, or by the scalar: the first that is found.
_VALUES: dict[str, Make] = {
    "Query.node.id": _an_id,
    "Query.nodes.ids": _some(_an_id),
    "Query.binding.id": _of("bindings", "id"),
    "Query.catalog.name": _of("catalogs", "name"),
    "ModelFilter.ids": _some(_of("models", "id")),
    "VersionFilter.ids": _some(_of("versions", "id")),
    "BindingFilter.ids": _some(_of("bindings", "id")),
    "BindingFilter.versions": _some(_of("versions", "id")),
    "VersionFilter.versions": _some(_SEMVER),
    "AuditEventFilter.subjects": _some(_an_id),
    "VersionSelector.contentHash": _CONTENT_HASH,
    "VersionSelector.version": _SEMVER,
    "VersionSelector.number": _any(1, 2, 3),
    "CreateModelInput.name": _new("fuzz-{}"),
    "UpdateModelInput.name": _new("fuzz-{}"),
    "CreateProviderInput.slug": _new("fuzz-{}"),
    "CreateProviderInput.name": _new("Fuzz {}"),
    "UpdateProviderInput.name": _new("Fuzz {}"),
    "CreateTokenInput.name": _new("fuzz-{}"),
    "NewBindingInput.providerModelId": _new("fuzz/{}"),
    "UpdateBindingInput.providerModelId": _new("fuzz/{}"),
    "CreateVersionInput.status": _any("ACTIVE", "ACTIVE", "DRAFT", "DEPRECATED"),
    "UpdateVersionInput.status": _any("ACTIVE", "ACTIVE", "DRAFT", "DEPRECATED"),
    "RetentionInput.keep": _any(1, 3, 10),
    "SetCircuitInput.state": _any("OPEN", "OPEN", "CLOSED"),
    "SetCircuitInput.until": _later(1, 5, 600),
    "CreateTokenInput.role": _any("READER", "GATEWAY", "EDITOR", "ADMIN"),
    "RetentionInput.purgeArchivedBefore": _later(-1, -86_400, -864_000_000),
    "WithdrawPriceInput.price": _a_price,
    "ProviderBinding.usage.from": _minute(1, 0),
    "ProviderBinding.usage.to": _minute(1, 2),
    "DecimalRange.gte": _any("0", 0, "0.0001"),
    "DecimalRange.lte": _any("10", 10),
    "FloatRange.gte": _any(0.0, 0.1),
    "FloatRange.lte": _any(1.0, 5_000.0),
    "IntRange.gte": _any(0, 1),
    "IntRange.lte": _any(2_000, 2**31 - 1),
    "DateRange.gte": _any("2020-01-01", "0001-01-01"),
    "DateRange.lte": _any("2099-01-01", "9999-12-31"),
    "DateTimeRange.gte": _any("2020-01-01T00:00:00Z"),
    "DateTimeRange.lt": _any("2099-01-01T00:00:00+02:00"),
    "RouteInput.limit": _any(1, 5, 20),
    "RouteInput.excludeBindings": _some(_of("bindings", "id")),
    "RouteInput.minContextWindow": _any(1, 1_000),
    "ReportOutcomesInput.items": _some(_outcome),
    "ReportOutcomesInput.rollups": _some(_rollup),
    "reporter": _new("gateway-{}"),
    "id": _token,
    "token": _token,
    "name": _MODEL_NAME,
    "names": _some(_MODEL_NAME),
    "nameContains": _any("a", "fuzz", "%", "1"),
    "slug": _SLUG,
    "slugs": _some(_SLUG),
    "provider": _SLUG,
    "providers": _some(_SLUG),
    "providerModelId": _PROVIDER_MODEL_ID,
    "providerModelIds": _some(_PROVIDER_MODEL_ID),
    "region": _any(*_REGIONS),
    "regions": _some(_any(*_REGIONS)),
    "alias": _alias,
    "aliases": _some(_alias),
    "catalogs": _some(_of("catalogs", "name")),
    "actors": _some(_any("anonymous", "open", "tests")),
    "subject": _any("law", "math"),
    "subjects": _some(_any("law", "math")),
    "labels": _labels,
    "description": _any("A model", "“Ünïcode” \n and \\ quotes", "\U0001f600"),
    "reason": _any("audit", "é"),
    "credentialRef": _any("env://KEY", "vault://secret/a"),
    "stickyKey": _any("a", "b"),
    "idempotencyKey": _new("key-{}"),
    "expectedVersion": _of("versions", "id"),
    "planHash": lambda rng, rows: rows.plan_hash,
    "price": _price,
    "artifactUrl": _any("s3://bucket/key", "https://example.org/x"),
    "config": _any({"a": [1, None]}, {}),
    "metadata": _any({"licence": None, "nested": [1, {"a": 0.5}]}, {}),
    "releasedOn": _any("2020-02-29", "2024-01-01"),
    "deprecatedOn": _any("2030-01-01"),
    "sunsetOn": _any("2031-01-01", "2090-01-01"),
    "expiresAt": _later(3_600, 864_000),
    "retentionKeep": _any(1, 3, 50),
    "priority": _any(0, 5, 100),
    "weight": _any(0, 1, 100),
    "contextWindow": _any(1_000, 100_000),
    "maxOutputTokens": _any(1, 100),
    "graceMinutes": _any(0, 5, 60),
    "successRate": _any(0.0, 0.5, 1),
    "seed": _any(1, -7),
    "number": _any(1, 2),
    "select": _selector,
    "UsageInput": lambda rng, rows: {"inputTokens": 1_000, "outputTokens": rng.choice([0, 5])},
    "LabelInput": _label,
    "PriceComponentInput": _component,
    "Boolean": _any(True, False),
    "Int": _any(1, 100, 1_000),
    "Float": _any(0.0, 0.5, 1),
    "SemVer": _semver,
    "SHA256": _hash,
    "Decimal": _amount,
    "BigInt": _any(0, "1099511627776"),
    "Date": _any("2024-02-29", "2090-01-01"),
    "DateTime": _any("2024-01-15T00:00:00Z", "2025-03-01T12:00:00.5+02:00"),
    "URL": _any("https://example.org/v1", "https://example.org/é?a=b"),
}
