"""The routes that a gateway knows: fetched once, kept up to date by `routeChanged`."""

import asyncio
import logging
import math
import random

from examples.gateway.client import (
    CircuitState,
    GatewayRoute,
    ModelRefName,
    RegistryClient,
    RoutedBinding,
    RouteInput,
    RouteStrategy,
)
from examples.gateway.transport import Refused, Unreachable

_PAUSE_MIN_S, _PAUSE_MAX_S = 0.2, 5.0  # between two tries; doubles each time
_MODELS_MAX = 1_000  # each has a stream of its own
_FIRST_ROUTE_S = 3.0  # how long a caller waits for the first route of a model

_log = logging.getLogger(__name__)


class UnknownModel(Exception):
    """The registry has no route for the model, or none has come in time."""


class KnownRoutes:
    """One route for each model that was asked for; they stay while the registry is away."""

    def __init__(self, client: RegistryClient, strategy: RouteStrategy) -> None:
        self.routes: dict[str, GatewayRoute] = {}
        self.followed: set[str] = set()  # models whose stream is open now
        self.polls = 0
        self._client = client
        self._strategy = strategy
        self._arrived: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def of(self, model: str) -> GatewayRoute:
        """The route of a model as it is known now; raises UnknownModel."""
        if model in self.routes:
            return self.routes[model]
        if model not in self._tasks:
            if len(self._tasks) >= _MODELS_MAX:
                raise UnknownModel(f"more than {_MODELS_MAX} models are asked for")
            self._arrived[model] = asyncio.Event()
            self._tasks[model] = asyncio.create_task(self._follow(model))
        try:
            await asyncio.wait_for(self._arrived[model].wait(), _FIRST_ROUTE_S)
            return self.routes[model]
        except (TimeoutError, KeyError):
            raise UnknownModel(f"there is no route for {model!r}") from None

    async def close(self) -> None:
        """Stop following."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _input(self, model: str) -> RouteInput:
        # A kept route answers many calls. WEIGHTED draws once for a route, so the gateway draws
        # again for each call (`in_order`); the seed keeps the route itself from changing.
        return RouteInput(model=ModelRefName(name=model), strategy=self._strategy, seed=0, limit=20)

    async def _follow(self, model: str) -> None:
        """Keep the route up to date, until the registry says that there is none."""
        pause_s, has_route = _PAUSE_MIN_S, True
        while has_route:
            if await self._stream(model):
                pause_s = _PAUSE_MIN_S
            has_route = await self._poll(model)
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # spreads the tries of a fleet
            pause_s = min(pause_s * 2, _PAUSE_MAX_S)
        del self._tasks[model]  # the next call asks again

    async def _stream(self, model: str) -> bool:
        """Take routes from the stream until it ends; whether one came."""
        try:
            async for route in self._client.route_changes(self._input(model)):
                self._keep(model, route)
                self.followed.add(model)
        except (Unreachable, Refused) as error:
            _log.info("the stream of %s ended: %s", model, error)
        was_followed = model in self.followed
        self.followed.discard(model)
        return was_followed

    async def _poll(self, model: str) -> bool:
        """Fetch the route while there is no stream; False when the registry says there is none."""
        route = None
        try:
            route = await self._client.current_route(self._input(model))
            self.polls += 1
        except Unreachable as error:
            _log.info("the route of %s stays as it is known: %s", model, error)
            return True
        except Refused as error:
            _log.warning("no route for %s: %s", model, error)
        if route is None:
            self.routes.pop(model, None)
            self._arrived[model].set()
            return False
        self._keep(model, route)
        return True

    def _keep(self, model: str, route: GatewayRoute) -> None:
        self.routes[model] = route
        self._arrived[model].set()


def in_order(route: GatewayRoute, is_weighted: bool) -> list[RoutedBinding]:
    """The bindings to try for one call, best first, without those that need a trial.

    With weights, a draw without replacement inside each priority: the smallest of exponential
    times, at rates that are the weights. Weight 0 comes last.
    """
    closed = [each for each in route.candidates if not needs_trial(each.binding)]
    if not is_weighted:
        return [each.binding for each in closed]
    drawn = sorted(
        closed,
        key=lambda each: (not each.region_match, each.binding.priority, _arrival(each.binding)),
    )
    return [each.binding for each in drawn]


def _arrival(binding: RoutedBinding) -> float:
    return random.expovariate(binding.weight) if binding.weight else math.inf


def needs_trial(binding: RoutedBinding) -> bool:
    """Whether its circuit lets through one call, which has to be claimed."""
    return binding.health.circuit.state is CircuitState.HALF_OPEN
