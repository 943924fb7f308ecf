"""Rounds of measurements: each operation on each server in turn, one server at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

from bench import cpu, load, operations
from bench.load import Load
from bench.operations import Places
from bench.servers import Running
from bench.terminal import say


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often to measure, and what."""

    rounds: int
    seconds: int
    warm_up_s: int
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: the load, and the CPU time of the server's and of PostgreSQL's processes."""

    round: int
    operation: str
    server: str
    load: Load
    server_cpu_s: float
    postgres_cpu_s: float

    @property
    def server_ms(self) -> float:
        """Server CPU a request, in milliseconds."""
        return self.server_cpu_s * 1_000 / max(1, self.load.requests)

    @property
    def postgres_ms(self) -> float:
        """PostgreSQL's CPU a request, in milliseconds."""
        return self.postgres_cpu_s * 1_000 / max(1, self.load.requests)


Bodies = dict[tuple[str, str], Path]  # by operation and server


def write_bodies(servers: Sequence[Running], places: Places, folder: Path) -> Bodies:
    """A file of request bodies for each operation of each server."""
    files = {}
    for server in servers:
        for operation in server.server.operations:
            file = folder / f"{server.server.name}-{operation}.bodies"
            lines = operations.bodies(operation, server.language, places)
            file.write_text("\n".join(lines) + "\n", "utf-8")
            files[operation, server.server.name] = file
    return files


def samples(
    servers: Sequence[Running], bodies: Bodies, plan: Plan, postmaster: int
) -> Iterator[Sample]:
    """Every measurement of every round; the servers' order moves on by one each round."""
    for operation, server in _turns(servers, plan, 0):
        _warm_up(operation, server, bodies, plan)
    for round_ in range(1, plan.rounds + 1):
        say(f"Round {round_} of {plan.rounds}")
        for operation, server in _turns(servers, plan, round_):
            file = bodies[operation, server.server.name]
            sample = _sample(round_, operation, server, file, plan.seconds, postmaster)
            if sample.load.failures:
                say(f"  {server.server.title}, {operation}: {sample.load.failures} failures")
            yield sample


def _turns(servers: Sequence[Running], plan: Plan, turn: int) -> Iterator[tuple[str, Running]]:
    first = turn % len(servers)
    for operation in plan.operations:
        for server in [*servers[first:], *servers[:first]]:
            if operation in server.server.operations:
                yield operation, server


def _warm_up(operation: str, server: Running, bodies: Bodies, plan: Plan) -> None:
    """Fill the server's caches, and see that its answers stay right in a crowd."""
    file = bodies[operation, server.server.name]
    done = load.run(server.url, file, plan.warm_up_s, 0, is_checked=True)
    if done.failures:
        raise SystemExit(
            f"{server.server.title} fails {operation} under load: {done.failures} of"
            f" {done.requests} answers; nothing was measured"
        )


def _sample(
    round_: int, operation: str, server: Running, bodies: Path, seconds: int, postmaster: int
) -> Sample:
    processes, backends = cpu.tree(server.pid), psutil.Process(postmaster).children()
    before, before_backends = cpu.times(processes), cpu.times(backends)
    done = load.run(server.url, bodies, seconds, round_)
    after = cpu.times(cpu.tree(server.pid))
    after_backends = cpu.times(psutil.Process(postmaster).children())
    return Sample(
        round_,
        operation,
        server.server.name,
        done,
        cpu.used(before, after),
        cpu.used(before_backends, after_backends),
    )
