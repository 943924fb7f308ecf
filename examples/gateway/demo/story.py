"""What happens in the demo, in order, and what must be true after each step."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import httpx

from examples.gateway.client import (
    BindingRefId,
    CircuitState,
    HealthState,
    RegistryClient,
    SetCircuitInput,
)
from examples.gateway.demo.content import Server
from examples.gateway.demo.load import Load
from examples.gateway.demo.processes import Process
from examples.gateway.demo.screen import Screen
from examples.gateway.demo.watching import Moment, Watcher

_LOOK_S = 0.4
_AWAY_S = 4.0  # how long the registry is away
_QUICK_OPEN_S = 5.0
_BACKLOG = 100  # calls that wait at any time under load, two seconds of it and more


class Missing(Exception):
    """Something that had to happen did not."""


class World(NamedTuple):
    """All that the story acts on."""

    client: RegistryClient
    http: httpx.AsyncClient
    registry: Process
    registry_url: str
    servers: list[Server]
    load: Load
    watcher: Watcher
    screen: Screen
    is_quick: bool

    async def until(
        self, what: str, is_so: Callable[[Moment], bool], limit_s: float = 20.0
    ) -> Moment:
        """Look until something is so; raises Missing after the limit."""
        end = time.monotonic() + limit_s
        while True:
            moment = await self.watcher.look()
            self.screen.show(moment)
            if is_so(moment):
                return moment
            if time.monotonic() > end:
                raise Missing(f"not within {limit_s:.0f} s: {what}")
            await asyncio.sleep(_LOOK_S)

    async def watch(self, seconds: float) -> Moment:
        """Only look, for a time."""
        end = time.monotonic() + seconds
        return await self.until("time passes", lambda _: time.monotonic() >= end, seconds + 10)

    async def set_fault(self, server: Server, status: int) -> None:
        """Break a provider, or mend it with status 200."""
        (await self.http.put(f"{server.url}/fault", json={"status": status})).raise_for_status()


async def run(world: World) -> None:
    """The whole story; raises Missing at the first thing that does not happen."""
    broken = world.servers[0]
    await _steady(world)
    await _break(world, broken)
    await _lose_registry(world, broken)
    await _mend(world, broken)
    await _recover(world, broken)


async def _steady(world: World) -> None:
    world.screen.say("three providers at weights 50, 30 and 20; the gateway draws by weight")
    moment = await world.until(
        "all providers are HEALTHY",
        lambda m: len(m.seen) == 3 and all(s.state is HealthState.HEALTHY for s in m.seen.values()),
    )
    moment = await world.watch(1 if world.is_quick else 5)
    world.screen.say("all are HEALTHY, by the calls that the gateway reported", "green")
    world.screen.keep(moment)


async def _break(world: World, broken: Server) -> None:
    await world.set_fault(broken, 500)
    world.screen.say(f"{broken.name} breaks: it answers 500 to everything", "bold red")
    moment = await world.until(
        f"the circuit of {broken.name} opens",
        lambda m: m.seen[broken.name].circuit is CircuitState.OPEN,
    )
    failed = moment.failed[broken.name]
    world.screen.say(f"the circuit of {broken.name} is OPEN after {failed} failed calls", "red")
    await world.until(
        "the route leaves it out",
        lambda m: m.excluded.get(broken.name, ("",))[0] == "CIRCUIT_OPEN",
    )
    before = await world.watch(0.5)  # calls under way end
    after = await world.watch(2)
    if after.called[broken.name] != before.called[broken.name]:
        raise Missing(f"{broken.name} is still called")
    world.screen.say("the gateway was told, and calls the other two only", "green")
    world.screen.keep(after)


async def _lose_registry(world: World, broken: Server) -> None:
    world.registry.kill()
    world.screen.say("the registry is killed", "bold red")
    before = await world.until("the registry is away", lambda m: not m.is_registry_up)
    moment = await world.watch(_AWAY_S)
    if moment.succeeded <= before.succeeded or not moment.figures["waiting_calls"]:
        raise Missing("the gateway serves, and keeps its counts, while the registry is away")
    served, waiting = moment.succeeded - before.succeeded, moment.figures["waiting_calls"]
    world.screen.say(f"{served} calls answered meanwhile; {waiting} wait to be reported", "green")
    world.screen.keep(moment)
    world.registry.start()
    await world.registry.answers(f"{world.registry_url}/readyz")
    moment = await world.until(
        "the gateway reports what it kept",
        lambda m: m.is_registry_up and m.figures["followed_routes"] == 1 and _is_drained(m),
    )
    if moment.seen[broken.name].circuit is CircuitState.CLOSED:
        raise Missing("the circuit is as it was before the registry was killed")
    world.screen.say("the registry is back, and was told what it missed; the circuit is as it was")


def _is_drained(moment: Moment) -> bool:
    return moment.figures["waiting_calls"] < _BACKLOG


async def _mend(world: World, broken: Server) -> None:
    await world.set_fault(broken, 200)
    world.screen.say(f"{broken.name} is mended; its circuit lets one trial through in time", "bold")
    if world.is_quick:
        moment = await world.watch(0.1)
        until = datetime.now(UTC) + timedelta(seconds=_QUICK_OPEN_S)
        await world.client.set_circuit(
            SetCircuitInput(
                binding=BindingRefId(id=moment.seen[broken.name].binding_id),
                state=CircuitState.OPEN,
                until=until,
                reason="the quick demo does not wait for 30 seconds",
            )
        )
    moment = await world.until(
        "a trial is claimed", lambda m: m.figures["claimed_trials"] > 0, limit_s=60
    )
    world.screen.say("HALF_OPEN: the gateway claimed the trial, and sends one call", "yellow")
    await world.until(
        "the circuit closes", lambda m: m.seen[broken.name].circuit is CircuitState.CLOSED
    )
    world.screen.say("the trial succeeded: the circuit is CLOSED", "green")


async def _recover(world: World, broken: Server) -> None:
    moment = await world.until(
        f"{broken.name} has its share again", lambda m: m.shares.get(broken.name, 0) > 0.35
    )
    moment = await world.watch(1 if world.is_quick else 4)
    share = moment.shares[broken.name]
    world.screen.say(f"{broken.name} has its share again: {share:.0%} of the calls", "green")
    world.screen.keep(moment)


async def settle(world: World) -> None:
    """After the load: each call of the gateway is in the registry, once; no caller had an error."""
    moment = await world.until(
        "the gateway has reported everything", lambda m: not m.figures["waiting_calls"]
    )
    moment = await world.watch(1.5)  # observed figures may be 1 s old
    called, known = sum(moment.called.values()), sum(s.samples for s in moment.seen.values())
    failed = sum(moment.failed.values())
    if called != known:
        raise Missing(f"the registry knows {known} calls, the gateway made {called}")
    if moment.figures["dropped_calls"] or moment.figures["refused_reports"]:
        raise Missing("each call was reported")
    if world.load.failures:
        first = world.load.failures[0]
        raise Missing(f"{len(world.load.failures)} callers had an error, the first: {first}")
    world.screen.say(
        f"{moment.succeeded} callers answered, none with an error;"
        f" {called} calls of providers, {failed} failed: as in the registry",
        "bold green",
    )
