"""Read replicas under lag and kills, and whether clients see what they were promised.

`python -m deploy.lab.replicas --seconds 300` runs two servers on a primary with two replicas, and
clients that write and read through both. Meanwhile replicas are held back, killed and started
again, and at times the primary is. Then it checks the history: docs/operations.md, Read replicas.
"""

import argparse
import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg

from db.postgres import migrate
from deploy.lab import histories, postgres, registry
from deploy.lab.histories import Fault, Operation
from deploy.lab.postgres import Postgres

REVISION = "registry-revision"
LAG_MAX_S = 2.0
_SLACK_S = 0.5  # of a read that was sent, and waited for its turn, before it chose a source
_SHARED = ("shared-1", "shared-2", "shared-3")  # models of clients that tell each other revisions
_OWN = ("own-1", "own-2")
_LOOSE = ("loose",)  # of clients that name no revision
_CREATE = "mutation($input: CreateModelInput!) { createModel(input: $input) { model { id } } }"
_WRITE = (
    "mutation($input: UpdateModelInput!) { updateModel(input: $input) {"
    " model { id } userErrors { message } } }"
)
_READ = "query($name: String!) { model(by: {name: $name}) { description } }"
_VALUES = "SELECT sequence, changes->'description'->>1 FROM audit_events WHERE subject_name = %s"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A primary with a migrated registry, and its replicas."""

    primary: Postgres
    replicas: Sequence[Postgres]

    @property
    def variables(self) -> dict[str, str]:
        """The settings of a server that reads from the replicas."""
        urls = ",".join(replica.url for replica in self.replicas)
        return {"DATABASE_REPLICA_URLS": urls, "REGISTRY_REPLICA_LAG_MAX_S": f"{LAG_MAX_S:g}"}


@contextmanager
def cluster(folder: Path, replica_count: int = 2) -> Iterator[Cluster]:
    """A primary and replicas by streaming replication, for the length of the block."""
    with ExitStack() as stack:
        primary = stack.enter_context(postgres.running(folder / "primary"))
        migrate.upgrade(primary.url)
        names = [f"replica{number}" for number in range(1, replica_count + 1)]
        replicas = [stack.enter_context(postgres.standby(primary, folder / name)) for name in names]
        yield Cluster(primary, replicas)


@dataclass(slots=True)
class Session:
    """What one client, or several together, know of the registry: the newest revision."""

    revision: int | None = 0

    @property
    def headers(self) -> dict[str, str]:
        """The header of the next request."""
        return {} if self.revision is None else {REVISION: str(self.revision)}

    def take(self, response: httpx.Response) -> int | None:
        """Remember the revision that a response states."""
        stated = response.headers.get(REVISION)
        if stated is None:
            return None
        if self.revision is not None:
            self.revision = max(self.revision, int(stated))
        return int(stated)


@dataclass(slots=True)
class Trial:
    """One run: the servers, and what their clients did."""

    urls: Sequence[str]
    until: float
    operations: list[Operation] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)  # operations without a result
    disturbed: Counter[str] = field(default_factory=Counter)
    value: int = histories.INITIAL  # the last one that was written

    @property
    def goes_on(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self.until


async def run_clients(trial: Trial, cluster: Cluster, *, with_primary: bool) -> None:
    """Create the models, then write, read and disturb until the time is over."""
    shared = Session()
    async with httpx.AsyncClient(timeout=10) as http:
        for name in (*_SHARED, *_OWN, *_LOOSE):
            given = {"input": {"name": name, "task": "CHAT", "description": "0"}}
            body = {"query": _CREATE, "variables": given}
            shared.take(await http.post(f"{trial.urls[0]}/graphql", json=body))
        clients = [
            *(_client(trial, http, number, _SHARED, shared) for number in range(4)),
            *(_client(trial, http, number, _OWN, Session(shared.revision)) for number in (4, 5)),
            *(_client(trial, http, number, _LOOSE, Session(None)) for number in (6, 7)),
        ]
        await asyncio.gather(*clients, _disturb(trial, cluster, with_primary=with_primary))


async def _client(
    trial: Trial, http: httpx.AsyncClient, number: int, keys: Sequence[str], session: Session
) -> None:
    while trial.goes_on:
        key, url = random.choice(keys), f"{random.choice(trial.urls)}/graphql"
        is_write = random.random() < 0.25
        if is_write:
            trial.value += 1
        value, known, began_at = trial.value, session.revision, time.monotonic()
        body = _body(key, value if is_write else None)
        try:
            response = await http.post(url, json=body, headers=session.headers)
            stated, answer = session.take(response), response.json()
        except httpx.HTTPError as error:
            answer, stated = {"errors": [{"message": type(error).__name__}]}, None
        ended_at = time.monotonic()
        if problem := _problem(answer):
            trial.refused[problem] += 1
            ended_at = inf
        elif not is_write:
            value = int(answer["data"]["model"]["description"])
        if is_write or not problem:
            one = Operation(number, key, is_write, value, began_at, ended_at, known, stated)
            trial.operations.append(one)
        await asyncio.sleep(random.uniform(0, 0.03))


def _body(key: str, value: int | None) -> dict[str, Any]:
    if value is None:
        return {"query": _READ, "variables": {"name": key}}
    given = {"input": {"model": {"name": key}, "description": str(value)}}
    return {"query": _WRITE, "variables": given}


def _problem(answer: Any) -> str:
    """Why there is no result; empty for one."""
    for error in answer.get("errors", []):
        return str(error.get("extensions", {}).get("code") or error["message"])
    for error in (answer["data"].get("updateModel") or {}).get("userErrors", []):
        return str(error["message"])
    return ""


async def _disturb(trial: Trial, cluster: Cluster, *, with_primary: bool) -> None:
    """Hold one replica back, or kill it; at times, the primary. Then let it go on."""
    while trial.goes_on:
        await asyncio.sleep(random.uniform(0.1, 0.6))
        server = random.choice(cluster.replicas)
        kinds = ["pause", "pause", "kill", "freeze", *(["primary"] if with_primary else [])]
        kind = random.choice(kinds)
        trial.disturbed[kind] += 1
        pause_s = random.uniform(0.05, 1.5 * LAG_MAX_S)
        if kind == "pause":
            await asyncio.to_thread(server.execute, "SELECT pg_wal_replay_pause()")
            await asyncio.sleep(pause_s)
            await asyncio.to_thread(server.execute, "SELECT pg_wal_replay_resume()")
        elif kind == "freeze":
            server.signal_all(signal.SIGSTOP)
            await asyncio.sleep(pause_s)
            server.signal_all(signal.SIGCONT)
        else:
            server = cluster.primary if kind == "primary" else server
            await asyncio.to_thread(server.kill)
            await asyncio.sleep(pause_s / 2)
            await asyncio.to_thread(server.start)


def check(trial: Trial, cluster: Cluster) -> list[Fault]:
    """The faults of a run, by what the primary's audit log says of each model."""
    committed: dict[str, dict[int, int]] = {}
    with psycopg.connect(cluster.primary.url) as connection:
        for name in (*_SHARED, *_OWN, *_LOOSE):
            rows = connection.execute(_VALUES, [name]).fetchall()
            committed[name] = {int(value): sequence for sequence, value in rows if value}
    found = histories.faults(trial.operations, committed, LAG_MAX_S + _SLACK_S)
    for name in _SHARED:
        # a write that the audit log does not have has not happened: it was refused, or lost
        known = {histories.INITIAL, *committed[name]}
        ours = [one for one in trial.operations if one.key == name and one.value in known]
        if not histories.is_linearizable(ours):
            found.append(Fault("no order of the operations explains them", ours))
    return found


def run(cluster: Cluster, folder: Path, seconds: float, *, with_primary: bool) -> Trial:
    """Run the clients on two servers; raises AssertionError, with the faults, if there are any."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                registry.serving(folder / name, cluster.primary.url, variables=cluster.variables)
            )
            for name in ("one", "two")
        ]
        trial = Trial([server.url for server in servers], time.monotonic() + seconds)
        asyncio.run(run_clients(trial, cluster, with_primary=with_primary))
        found = check(trial, cluster)
    shown = (f"{what}: {operations[:6]}" for what, operations in found[:5])
    assert not found, f"{len(found)} faults\n" + "\n".join(shown)
    return trial


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.lab.replicas")
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    with TemporaryDirectory(prefix="registry-lab-") as name, cluster(Path(name)) as running:
        trial = run(running, Path(name), seconds, with_primary=True)
    writes = sum(one.is_write for one in trial.operations)
    print(f"{writes} writes, {len(trial.operations) - writes} reads; each is explained")
    print(f"disturbed: {dict(trial.disturbed)}; without a result: {dict(trial.refused)}")


if __name__ == "__main__":
    main()
