"""The input of routes, and the request that it makes."""

from collections.abc import Iterator
from decimal import Decimal
from secrets import randbelow
from typing import Any

import strawberry

from db.reads.routes import VersionKey
from domain import costs, ids, rules
from domain.candidates import (
    CANDIDATES_DEFAULT,
    CANDIDATES_MAX,
    STICKY_KEY_LENGTH_MAX,
    RouteRequest,
)
from domain.enums import Capability
from domain.traffic_enums import RouteStrategy
from resolvers import references
from resolvers.arguments import input_type, optional, required
from resolvers.errors import RequestError
from resolvers.reference_inputs import ModelRef, VersionSelector
from resolvers.usage_inputs import UsageInput, usage_of

DEFAULT_ALIAS = "production"


@input_type(
    "Which model to route a call to, and how. Constraints are hard: a binding whose figure is not"
    " known does not pass one that needs it."
)
class RouteInput:
    model: ModelRef = required("The model.")
    select: VersionSelector | None = optional(
        "The version; by default that of the alias production where the model has it, else the"
        " latest."
    )
    strategy: RouteStrategy = optional(
        "What decides between candidates of one priority.", default=RouteStrategy.PRIORITY
    )
    region: str | None = optional("The preferred region: bindings elsewhere come after.")
    require_region: bool = optional(
        "Leave out the bindings outside of region, and those without a region; needs region.",
        default=False,
    )
    providers: list[str] | None = optional(
        "Only bindings of these providers, by slug; none when it is empty. A slug that no provider"
        " has matches nothing."
    )
    exclude_bindings: list[strawberry.ID] | None = optional(
        "Leave these bindings out, such as those that just failed. An ID of anything else than a"
        " binding of the version leaves nothing out."
    )
    capabilities: list[Capability] | None = optional(
        "Only bindings with all of these capabilities: the binding's own, else its version's."
    )
    min_context_window: int | None = optional(
        "Only bindings with a context window of at least this many tokens: the binding's own, else"
        " its version's."
    )
    usage: UsageInput | None = optional(
        "What the call uses, for the expected cost; by default 1,000 input and 1,000 output tokens."
    )
    max_cost_per_1k: Decimal | None = optional(
        "Only bindings whose prices of 1,000 input tokens and of 1,000 output tokens are both known"
        " and at most this, in US dollars."
    )
    max_expected_cost: Decimal | None = optional(
        "Only bindings whose expected cost of the call is known and at most this, in US dollars."
    )
    max_latency_ms: float | None = optional(
        "Only bindings with a p95 of the latency of at most this: as measured in the window, else"
        " their latencyMs that was set by hand."
    )
    min_success_rate: float | None = optional(
        "Only bindings with a success rate of at least this, 0 to 1: as measured in the window,"
        " else as set by hand."
    )
    min_eval_score: float | None = optional("Only if the version's evalScore is at least this.")
    seed: int | None = optional(
        "For WEIGHTED only; other strategies ignore it. An equal seed gives an equal draw. It is"
        " from -2147483648 to 2147483647. Without seed and stickyKey each computation draws anew,"
        " and equal requests within a second may share one."
    )
    sticky_key: str | None = optional(
        "For WEIGHTED only; other strategies ignore it. Not together with seed. Calls with an equal"
        " key, such as that of a conversation, get the same order while the candidates stay, so"
        " that the provider's cache is warm. When a candidate leaves, only the keys that had it"
        " first move; when one joins, only those that it takes. 1 to 255 characters."
    )
    limit: int = optional("The most candidates, 1 to 20.", default=CANDIDATES_DEFAULT)


def check(route: RouteInput, path: str) -> None:
    """Raises RequestError for the first field that is wrong, named below the path."""
    for problem in _problems(route):
        raise RequestError(f"{path}.{problem}")


def request_of(route: RouteInput) -> RouteRequest:
    """What to choose by; without a seed and a sticky key, the seed is drawn."""
    providers = route.providers
    decoded = (ids.decode(ids.BINDING, text) for text in route.exclude_bindings or ())
    return RouteRequest(
        strategy=route.strategy,
        region=route.region,
        require_region=route.require_region,
        providers=None if providers is None else frozenset(providers),
        excluded=frozenset(key for key in decoded if key is not None),
        capabilities=frozenset(each.value for each in route.capabilities or ()),
        min_context_window=route.min_context_window,
        max_cost_per_1k=route.max_cost_per_1k,
        max_expected_cost=route.max_expected_cost,
        max_latency_ms=route.max_latency_ms,
        min_success_rate=route.min_success_rate,
        min_eval_score=route.min_eval_score,
        seed=randbelow(rules.INT_MAX) if route.seed is None else route.seed,
        is_random=route.seed is None and route.sticky_key is None,
        sticky_key=route.sticky_key,
        limit=route.limit,
    )


def key_of(route: RouteInput, path: str) -> VersionKey | None:
    """What names the version; None for an id that is not one of a model."""
    ref = route.model
    model_id = None if ref.id is None else ids.decode(ids.MODEL, ref.id)
    if ref.name is None and model_id is None:
        return None
    key = VersionKey(id=model_id, name=ref.name)
    if route.select is None:
        return key._replace(alias=DEFAULT_ALIAS, latest=True)
    try:
        name, value = references.selector(route.select)
    except RequestError as error:
        raise RequestError(f"{path}.select.{error.message}") from error
    return key._replace(**{name: value})


_RULES: dict[str, rules.Rule] = {
    "region": rules.slug,
    "min_context_window": rules.at_least(1),
    "max_cost_per_1k": rules.money,
    "max_expected_cost": rules.money,
    "max_latency_ms": rules.positive,
    "min_success_rate": rules.ratio,
    "min_eval_score": rules.ratio,
    "limit": rules.within(1, CANDIDATES_MAX),
}


def _problems(route: RouteInput) -> Iterator[str]:
    for name, rule in _RULES.items():
        value: Any = getattr(route, name)
        message = None if value is None else rule(value)
        if message is not None:
            shown = f'"{value}"' if isinstance(value, str) else value
            yield f"{rules.api_name(name)} {message}, not {shown}"
    if route.require_region and route.region is None:
        yield "requireRegion needs region"
    wrong = costs.problem(usage_of(route.usage))
    if wrong is not None:
        yield f"usage.{wrong}"
    yield from _problems_of_draw(route)


def _problems_of_draw(route: RouteInput) -> Iterator[str]:
    if route.seed is not None and route.sticky_key is not None:
        yield "seed and stickyKey exclude each other: set one"
    if route.sticky_key is not None and not 1 <= len(route.sticky_key) <= STICKY_KEY_LENGTH_MAX:
        yield f"stickyKey must have 1 to {STICKY_KEY_LENGTH_MAX} characters"
