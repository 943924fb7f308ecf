"""Routes: where a gateway should send a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from math import ceil
from typing import Annotated, Any
from uuid import UUID

import orjson

from db.reads import bindings, models, routes, versions
from db.reads.routes import RouteRow
from db.tables import Model, ModelVersion, ProviderBinding
from domain import circuits, costs, prices
from domain.candidates import BINDINGS_MAX, EXCLUDED_MAX, Candidate
from domain.circuits import Breaker
from domain.costs import Usage
from domain.enums import BindingStatus, VersionStatus
from domain.next_change import next_change
from domain.routing import Choice, Exclusion, Ranked, choose
from domain.traffic_enums import CircuitState, RouteStrategy
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.errors import LIMIT_EXCEEDED, RequestError
from resolvers.parents import parents_of
from resolvers.route_inputs import RouteInput, check, key_of, request_of
from resolvers.service import Service
from resolvers.usage_inputs import usage_of

ROUTES_MAX = 50  # in one `routes`
_SERVING = (VersionStatus.ACTIVE, VersionStatus.DEPRECATED)
_COSTS_MAX = 2_000  # of prices and usages, kept as long as they are asked for; a few MB at most


@dataclass(frozen=True, slots=True, eq=False)  # hashed by identity: subscribers share one
class Route:
    """A choice, with what it was made from.

    `changes_at` is when it changes by time alone: a circuit's end, a sunset, a price.
    """

    model_id: UUID
    model_name: str
    version_id: UUID
    version_label: str
    strategy: RouteStrategy
    candidates: list[Ranked]
    candidate_count: int
    excluded: list[Exclusion]
    excluded_count: int
    etag: str
    decided_at: datetime
    registry_revision: int
    ttl_seconds: int
    changes_at: datetime | None
    depends_on_figures: bool


async def get(
    info: Info, input: Annotated[RouteInput, describe("The model, and how to choose.")]
) -> Route | None:
    """Where a gateway should send a call: usable bindings, best first, and why the others are out.

    Closed circuits come before those that are half open, bindings in the region before others, a
    lower priority number before a higher one; then the strategy decides, then the ID. It shows one
    state of the registry. No candidate is no error: `excluded` says why, and when to retry.

    Null when the model, or the version that `select` names, does not exist. BAD_USER_INPUT for an
    ARCHIVED version, and without `select` for a model that has neither the alias production nor an
    ACTIVE version.
    """
    [route] = await get_several(info, [{"input": input}])
    if isinstance(route, RequestError):
        raise route
    return route


async def get_several(
    info: Info, argument_sets: Sequence[Mapping[str, Any]]
) -> list[Route | RequestError | None]:
    """The result of `get` for each set of arguments, or its error."""
    named = [("input", arguments["input"]) for arguments in argument_sets]
    return await compute(info.context.reader, named, info.context.service)


async def several(
    info: Info,
    inputs: Annotated[list[RouteInput], describe("1 to 50 routes, each as for Query.route.")],
) -> list[Route | None]:
    """Up to 50 routes of one state of the registry, in the order of the inputs.

    An input that is wrong, as for Query.route, makes its own route null, with an error.
    """
    if not 1 <= len(inputs) <= ROUTES_MAX:
        raise RequestError(f"inputs must have 1 to {ROUTES_MAX} items, not {len(inputs)}")
    named = [(f"inputs[{index}]", each) for index, each in enumerate(inputs)]
    results: list[Any] = await compute(info.context.reader, named, info.context.service)
    return results  # GraphQL turns each RequestError into a null with an error


async def compute(
    source: Any, named: Sequence[tuple[str, RouteInput]], service: Service
) -> list[Route | RequestError | None]:
    """The route of each input, None, or its error, in which the input has its given name.

    One statement for all inputs, whatever their number. Without seed and sticky key the draw of
    WEIGHTED is new each time.
    """
    keys = [_key_or_error(name, each) for name, each in named]
    wanted = [key for key in keys if isinstance(key, routes.VersionKey)]
    rows = await routes.of_versions(source, wanted) if wanted else {}
    results: list[Route | RequestError | None] = []
    for (name, each), key in zip(named, keys, strict=True):
        if not isinstance(key, routes.VersionKey):
            results.append(key)
        elif key not in rows:
            results.append(None)
        else:
            results.append(_route_or_error(name, each, rows[key], service))
    return results


def _key_or_error(name: str, route: RouteInput) -> routes.VersionKey | RequestError | None:
    try:
        check(route, name)
        return key_of(route, name)
    except RequestError as error:
        return error


def _route_or_error(
    name: str, route: RouteInput, rows: Sequence[RouteRow], service: Service
) -> Route | RequestError | None:
    first = rows[0]
    if first.version_id is None:
        if route.select is not None:
            return None
        return RequestError(
            f"{name}.model: {first.model_name!r} has no ACTIVE version and no alias production"
        )
    if first.version_status == VersionStatus.ARCHIVED:
        return RequestError(f"{name}.select: the version {first.version} is ARCHIVED")
    if first.binding_count > BINDINGS_MAX:
        text = f"{name}.select: the version {first.version} has more than {BINDINGS_MAX} bindings"
        return RequestError(text, LIMIT_EXCEEDED)
    return _route(route, rows, UUID(first.version_id), service.route_ttl_seconds)


def _route(route: RouteInput, rows: Sequence[RouteRow], version_id: UUID, ttl_max: int) -> Route:
    first, now, request = rows[0], rows[0].now, request_of(route)
    usage = usage_of(route.usage)
    found = [_candidate(row, usage) for row in rows if row.id is not None]
    choice = choose(found, request, now.date())
    changes_at = _next_change(rows, now)
    left = ttl_max if changes_at is None else ceil((changes_at - now).total_seconds())
    return Route(
        model_id=UUID(first.model_id),
        model_name=first.model_name,
        version_id=version_id,
        version_label=first.version,
        strategy=request.strategy,
        candidates=choice.candidates,
        candidate_count=choice.candidate_count,
        excluded=choice.excluded[:EXCLUDED_MAX],
        excluded_count=len(choice.excluded),
        etag=_etag(version_id, choice),
        decided_at=now,
        registry_revision=first.revision,
        ttl_seconds=max(1, min(ttl_max, left)),
        changes_at=changes_at,
        depends_on_figures=request.depends_on_figures,
    )


def _candidate(row: RouteRow, usage: Usage) -> Candidate:
    assert row.id is not None
    circuit, retry_at = _circuit(row)
    capabilities = row.capabilities
    return Candidate(
        row.id,
        row.provider,
        row.region,
        row.status == BindingStatus.ACTIVE and row.version_status in _SERVING,
        row.sunset_on,
        row.priority,
        row.weight,
        circuit,
        retry_at,
        row.circuit_changed_at,
        None if capabilities is None else frozenset(capabilities),
        row.context_window,
        row.cost_per_1k,
        None if row.components is None else _expected_cost(row.components, usage),
        row.latency_ms,
        row.success_rate,
        row.eval_score,
    )


def _circuit(row: RouteRow) -> tuple[CircuitState, datetime | None]:
    """The circuit's state now, and until when it lets no call through."""
    if row.circuit is None:
        return CircuitState.CLOSED, None
    breaker = Breaker(CircuitState(row.circuit), row.open_until, row.trial_until)
    state = circuits.state_at(breaker, row.now)
    if state is CircuitState.OPEN:
        return state, row.open_until
    return state, row.trial_until if circuits.trial_taken(breaker, row.now) else None


@lru_cache(maxsize=_COSTS_MAX)
def _expected_cost(components: str, usage: Usage) -> Decimal | None:
    """What a call costs at the price with these components, in US dollars."""
    return costs.estimate(prices.from_json(orjson.loads(components)), usage).amount


def _next_change(rows: Sequence[RouteRow], now: datetime) -> datetime | None:
    times = [at for row in rows for at in (row.open_until, row.trial_until, row.next_price_at)]
    return next_change(now, times, [row.sunset_on for row in rows])


def _etag(version_id: UUID, choice: Choice) -> str:
    """A hash of what a gateway acts on."""
    acted_on = (
        version_id.hex,
        [
            (one.id.hex, one.circuit, str(one.expected_cost))
            for one in (ranked.candidate for ranked in choice.candidates)
        ],
        [(each.candidate.id.hex, each.reason, each.retry_at) for each in choice.excluded],
    )
    return blake2b(orjson.dumps(acted_on), digest_size=12).hexdigest()


async def models_of_routes(info: Info, parents: Sequence[Route]) -> list[Model]:
    """The model."""
    return await parents_of(info, [route.model_id for route in parents], models.by_ids)


async def versions_of_routes(info: Info, parents: Sequence[Route]) -> list[ModelVersion]:
    """The version that the bindings serve."""
    return await parents_of(info, [route.version_id for route in parents], versions.by_ids)


async def bindings_of_ranked(info: Info, parents: Sequence[Ranked]) -> list[ProviderBinding]:
    """The binding that can take the call."""
    keys = [each.candidate.id for each in parents]
    return await parents_of(info, keys, bindings.by_ids)


async def bindings_of_excluded(info: Info, parents: Sequence[Exclusion]) -> list[ProviderBinding]:
    """The binding that cannot take the call."""
    keys = [each.candidate.id for each in parents]
    return await parents_of(info, keys, bindings.by_ids)
