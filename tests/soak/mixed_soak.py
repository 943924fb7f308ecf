"""A mixed load on two processes behind PgBouncer, with a fault every minute, and what must hold."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from domain import ids
from tests.soak import faults, leaks, mixed, replay, soak, watching
from tests.soak.archives import Archivist
from tests.soak.clients import Client, Server, prepare
from tests.soak.faults import Window
from tests.soak.lab import Lab
from tests.soak.leaks import Idle
from tests.soak.mixed import Gateways, Journal
from tests.soak.subscribers import Subscriber
from tests.soak.watching import Readings

SHARES = {"read": 0.90, "report": 0.09, "write": 0.01}
_WRITERS = 4
_ARCHIVING = 0.25  # of the writes
_CALM_S = 5.0  # after the load, until the last events have arrived
_START_S = 6.0  # until what a server loads later is there, and its processes know each other
_IDLE_S = 15.0  # until connections are counted for the last time
_GROWTH_MAX = 1.10
_MODELS = """SELECT name FROM models WHERE id IN (
    SELECT v.model_id FROM model_versions v JOIN provider_bindings b ON b.version_id = v.id
    WHERE v.status = 'ACTIVE')"""
CALLS = """SELECT coalesce(sum(success + timeout), 0)::bigint FROM (
    SELECT success, timeout FROM outcome_minutes
    UNION ALL SELECT success, timeout FROM outcome_hours) every"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how many requests a second, how many subscribers, and a fault how often."""

    seconds: float = 1_800.0
    per_second: float = 100.0
    subscribers: int = 200
    fault_every_s: float = 60.0
    seed: int = 1

    @property
    def warm_s(self) -> float:
        """Seconds until memory counts; subscribers of the first killed process have moved."""
        return max(self.seconds / 6, 1.5 * self.fault_every_s)


@dataclass(slots=True)
class Run:
    """Everything that a run has seen."""

    plan: Plan
    journal: Journal
    readings: Readings
    windows: list[Window] = field(default_factory=list)
    writers: list[Client] = field(default_factory=list)
    archivist: Archivist = field(default_factory=Archivist)
    subscribers: list[Subscriber] = field(default_factory=list)
    since: int = 0  # the registry's revision when the load began
    reported: int = 0  # calls that were acknowledged
    idle: list[Idle] = field(default_factory=list)  # before the load, and after it
    checked: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)  # what did not hold


async def run(lab: Lab, plan: Plan) -> Run:
    """Run it on a lab with the first catalog, then check every guarantee."""
    done = Run(plan, Journal(), Readings([], []))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
    async with httpx.AsyncClient(limits=limits) as http:
        server = Server(http, f"{lab.served.url}/graphql")
        await prepare(server)
        await asyncio.sleep(_START_S)
        done.idle.append(await asyncio.to_thread(leaks.look, lab))
        await _load(lab, server, done)
    await asyncio.sleep(_IDLE_S)
    done.idle.append(await asyncio.to_thread(leaks.look, lab))
    await asyncio.to_thread(check, lab, done)
    return done


async def _load(lab: Lab, server: Server, done: Run) -> None:
    plan, journal = done.plan, done.journal
    models, bindings = await asyncio.to_thread(_catalog, lab.database.url)
    gateways = Gateways(server, journal, models, bindings, random.Random(plan.seed))
    done.writers = [Client(f"w{n}", random.Random(f"{plan.seed}/{n}")) for n in range(_WRITERS)]
    free = [*done.writers]

    async def write() -> str:
        if gateways.luck.random() < _ARCHIVING:
            return await done.archivist.turn([server])
        if not free:  # each is one client, which waits for its answer
            return ""
        writer = free.pop(0)
        try:
            return await mixed.write([server], writer)
        finally:
            free.append(writer)

    turns = {"read": gateways.read, "report": gateways.report, "write": write}
    is_over = asyncio.Event()
    async with _followed(lab, server.url, done, models, is_over):
        journal.began += journal.now_s()  # the start is now
        watching_ = asyncio.create_task(watching.watch(lab, journal, done.readings, is_over))
        await asyncio.gather(
            faults.inflict(lab, journal, plan.fault_every_s, plan.seconds, done.windows),
            *(
                mixed.at_rate(SHARES[kind] * plan.per_second, journal, kind, turn, plan.seconds)
                for kind, turn in turns.items()
            ),
        )
        done.reported = gateways.reported
        await asyncio.sleep(_CALM_S)
    await watching_


@asynccontextmanager
async def _followed(
    lab: Lab, url: str, done: Run, models: Sequence[str], is_over: asyncio.Event
) -> AsyncIterator[None]:
    """Half of the subscribers follow all changes from now on, the others a route each."""
    done.since = await asyncio.to_thread(_revision, lab.database.url)
    done.subscribers = [
        Subscriber(n, str(done.since), models[n % len(models)] if n % 2 else None)
        for n in range(done.plan.subscribers)
    ]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits) as http:
        following = [asyncio.create_task(s.follow(http, url, is_over)) for s in done.subscribers]
        try:
            yield
        finally:
            is_over.set()
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)


def _catalog(url: str) -> tuple[list[str], list[str]]:
    with psycopg.connect(url) as connection:
        models = [name for (name,) in connection.execute(_MODELS)]
        keys = connection.execute("SELECT id FROM provider_bindings").fetchall()
    return models, [ids.encode(ids.BINDING, key) for (key,) in keys]


def _revision(url: str) -> int:
    with psycopg.connect(url) as connection:
        ((revision,),) = connection.execute("SELECT revision FROM registry_state").fetchall()
    return int(revision)


def check(lab: Lab, done: Run) -> None:
    """Check every guarantee; what does not hold is added to `broken`."""
    url, calls = lab.database.url, [call for writer in done.writers for call in writer.calls]
    checks = {
        "replay": lambda: replay.check(url),
        "writes": lambda: soak.check(url, calls),
        "archives": lambda: done.archivist.check(url),
        "outcomes": lambda: _outcomes(url, done),
        "events": lambda: _events(url, done),
        "errors": lambda: _errors(done),
        "memory": lambda: _memory(done),
        "connections": lambda: _connections(lab, done),
        "leaks": lambda: leaks.check(lab, *done.idle),
    }
    for name, each in checks.items():
        try:
            done.checked[name] = each()
        except AssertionError as error:
            done.broken.append(f"{name}: {error}")


def _outcomes(url: str, done: Run) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        ((stored,),) = connection.execute(CALLS).fetchall()
    assert stored == done.reported, f"{stored} calls are stored, {done.reported} acknowledged"
    return {"calls": stored}


def _events(url: str, done: Run) -> dict[str, int]:
    """Each follower of all changes received each of them once, in their order."""
    query = "SELECT id FROM audit_events WHERE sequence > %s ORDER BY sequence"
    with psycopg.connect(url) as connection:
        wanted = [ids.encode(ids.EVENT, key) for (key,) in connection.execute(query, [done.since])]
    followers = [each for each in done.subscribers if each.model is None]
    for each in followers:
        assert each.received == wanted, (
            f"subscriber {each.number} received {len(each.received)} of {len(wanted)} events,"
            f" {len(set(each.received))} different ones"
        )
    losses = sum(each.losses for each in done.subscribers)
    return {"followers": len(followers), "events": len(wanted), "losses": losses}


def _errors(done: Run) -> dict[str, Any]:
    """No failure that a client should never see, and none at all outside the faults' windows."""
    outside: Counter[str] = Counter()
    inside: dict[str, Counter[str]] = {}
    for answer in done.journal.answers:
        if answer.outcome == "ok":
            continue
        window = window_of(answer.began_s, answer.at_s, done.windows)
        if window is None:
            outside[f"{answer.kind}: {answer.why}"] += 1
        else:
            inside.setdefault(window.fault, Counter())[f"{answer.kind}: {answer.why}"] += 1
    internal = {
        name: found for name, found in inside.items() if any("INTERNAL" in w for w in found)
    }
    done.checked["internal_in_windows"] = internal
    assert not outside, f"outside of a fault's time: {dict(outside)}"
    return {name: dict(found) for name, found in inside.items()}


def window_of(began_s: float, at_s: float, windows: Sequence[Window]) -> Window | None:
    """The fault during which something began, ended or went on."""
    return next((w for w in windows if began_s <= w.until_s and w.since_s <= at_s), None)


def _memory(done: Run) -> dict[int, Any]:
    """The memory of each process that was there for a while grows by a tenth at most."""
    pids = list(dict.fromkeys(each.pid for each in done.readings.processes))
    found = {pid: watching.growth(done.readings.of(pid), done.plan.warm_s) for pid in pids}
    lived = {pid: figures for pid, figures in found.items() if figures is not None}
    assert lived, "no process lived for twice the time of a warm-up"
    grown = {pid: figures for pid, figures in lived.items() if figures["ratio"] > _GROWTH_MAX}
    assert not grown, f"memory of processes has grown: {grown}"
    return lived


def _connections(lab: Lab, done: Run) -> dict[str, int]:
    calm = [
        (at_s, count)
        for at_s, count in done.readings.connections
        if window_of(at_s, at_s, done.windows) is None
    ]
    return leaks.check_load(lab, calm)
