"""The subscription to a route: one computation for all subscribers of equal inputs."""

from collections.abc import AsyncIterator, Sequence
from math import inf
from typing import Annotated, Any

from domain.hashable import hashable
from domain.traffic_enums import RouteStrategy
from resolvers import routes
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.errors import NOT_FOUND, UNAVAILABLE, RequestError
from resolvers.route_inputs import RouteInput
from resolvers.routes import Route
from resolvers.service import Service
from resolvers.watchers import Computed, Watchers

_FIGURES_S = 1.0  # a route that depends on measured figures is computed this often

RouteWatchers = Watchers[RouteInput, Route]


async def route_changed(
    info: Info, input: Annotated[RouteInput, describe("The model, and how to choose.")]
) -> AsyncIterator[Route]:
    """The route now, then again each time its `etag` changes, whatever the cause.

    Causes are a change of the registry, time alone (the end of an open circuit, a price that takes
    effect, a sunset), and measured figures, which are looked at once a second where the input
    depends on them. A slow subscriber gets the newest route, and misses those in between. Each
    subscription starts with the route as it is then, so there is nothing to resume.

    It ends with an error: NOT_FOUND when the model or the selected version does not exist (any
    more), the error of `route` when that has one, LIMIT_EXCEEDED when too many subscriptions are
    open, UNAVAILABLE when the server stops. While the database is away it waits. BAD_USER_INPUT for
    WEIGHTED without `seed` or `stickyKey`: all subscribers would get the same draw.
    """
    watchers: RouteWatchers | None = info.context.routes
    if watchers is None:
        raise RequestError("This server has no event stream", UNAVAILABLE)
    is_drawn = input.strategy is RouteStrategy.WEIGHTED
    if is_drawn and input.seed is None and input.sticky_key is None:
        raise RequestError(
            "input.strategy: WEIGHTED needs a seed or a stickyKey here, another one for each"
            " gateway: else all subscribers would get the same draw"
        )
    key = hashable(input)
    await watchers.check(key, input, info.context.client)
    return watchers.states(key, input, info.context.client)


async def computed(
    source: Any, service: Service, inputs: Sequence[RouteInput]
) -> list[Computed[Route] | RequestError]:
    """The route of each input with what changes it, or the error that ends its subscriptions."""
    found = await routes.compute(source, [("input", each) for each in inputs], service)
    return [one if isinstance(one, RequestError) else _computed(one) for one in found]


def _computed(route: Route | None) -> Computed[Route] | RequestError:
    if route is None:
        return RequestError("input: there is no such model or version", NOT_FOUND)
    change_s = _FIGURES_S if route.depends_on_figures else inf
    if route.changes_at is not None:
        change_s = min(change_s, (route.changes_at - route.decided_at).total_seconds())
    return Computed(route, route.etag, route.model_id, route.registry_revision, change_s)
