"""Rounds of measurements: each operation on each server in turn, one server at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

from bench import cpu, load, operations
from bench.cpu import Machine
from bench.load import Load
from bench.operations import Places
from bench.servers import Running
from bench.terminal import say

_DISTURBED_CORES = 0.2  # others' programs take so much: the figures tell of them too


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often to measure, and what; no warming up where it takes 0 s."""

    rounds: int
    seconds: float
    warm_up_s: float
    operations: tuple[str, ...]
    connections: int = load.CONNECTIONS


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: the load, and the CPU time of the processes that took part in it."""

    round: int
    operation: str
    server: str
    load: Load
    process_cpu_s: tuple[float, ...]  # of each process of the server
    postgres_cpu_s: float
    generator_cpu_s: float
    machine: Machine

    @property
    def elsewhere_cores(self) -> float:
        """How many cores other programs of the machine took, on average."""
        own_s = self.server_cpu_s + self.postgres_cpu_s + self.generator_cpu_s
        return max(0.0, self.machine.busy_cores - own_s / self.machine.elapsed_s)

    @property
    def server_cpu_s(self) -> float:
        """CPU of all the server's processes, in seconds."""
        return sum(self.process_cpu_s)

    @property
    def server_ms(self) -> float:
        """Server CPU a request, in milliseconds."""
        return self.server_cpu_s * 1_000 / max(1, self.load.requests)

    @property
    def postgres_ms(self) -> float:
        """PostgreSQL's CPU a request, in milliseconds."""
        return self.postgres_cpu_s * 1_000 / max(1, self.load.requests)

    def figures(self) -> dict[str, object]:
        """All of them, for JSON."""
        return {
            "round": self.round,
            "operation": self.operation,
            "server": self.server,
            "server_cpu_ms": round(self.server_ms, 3),
            "postgres_cpu_ms": round(self.postgres_ms, 3),
            "process_cpu_s": [round(each, 2) for each in self.process_cpu_s],
            "elsewhere_cores": round(self.elsewhere_cores, 2),
            **asdict(self.machine),
            **self.load.figures(),
        }


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
    for operation, server in _turns(servers, plan, 0) if plan.warm_up_s else ():
        _warm_up(operation, server, bodies, plan)
    for round_ in range(1, plan.rounds + 1):
        say(f"Round {round_} of {plan.rounds}")
        for operation, server in _turns(servers, plan, round_):
            file = bodies[operation, server.server.name]
            sample = _sample(round_, operation, server, file, plan, postmaster)
            if sample.load.failures:
                say(f"  {server.server.title}, {operation}: {sample.load.failures} failures")
            if sample.elsewhere_cores > _DISTURBED_CORES:
                taken = f"{sample.elsewhere_cores:.1f} of {cpu.CORES} cores"
                say(f"  {server.server.title}, {operation}: others took {taken}")
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
    done = load.run(
        server.url, file, plan.warm_up_s, 0, connections=plan.connections, is_checked=True
    )
    if done.failures:
        raise SystemExit(
            f"{server.server.title} fails {operation} under load: {done.failures} of"
            f" {done.requests} answers; nothing was measured"
        )


def _sample(
    round_: int, operation: str, server: Running, bodies: Path, plan: Plan, postmaster: int
) -> Sample:
    processes, backends = cpu.tree(server.pid), psutil.Process(postmaster).children()
    before, before_backends = cpu.times(processes), cpu.times(backends)
    generator, machine = cpu.own(), cpu.cores()
    done = load.run(server.url, bodies, plan.seconds, round_, connections=plan.connections)
    after = cpu.times(cpu.tree(server.pid))
    after_backends = cpu.times(psutil.Process(postmaster).children())
    return Sample(
        round_,
        operation,
        server.server.name,
        done,
        cpu.used_each(before, after),
        cpu.used(before_backends, after_backends),
        cpu.own() - generator,
        cpu.between(machine, cpu.cores()),
    )
