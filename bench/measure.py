"""Rounds of measurements: each operation on each server in turn, one server at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

from bench import cpu, load, operations
from bench.cpu import MachineUsage
from bench.heads import Headers
from bench.load import LoadResult, RequestSource
from bench.operations import SampledKeys
from bench.renewal import renew
from bench.servers import RunningServer
from bench.terminal import progress

_OTHER_CORES_MAX = 0.2  # when other programs take more, a line of progress says so


@dataclass(frozen=True, slots=True)
class LoadSchedule:
    """The operations to measure, how often and how long; a warm-up of 0 s is left out."""

    rounds: int
    seconds: float
    warm_up_s: float
    operations: tuple[str, ...]
    connections: int = load.CONNECTIONS
    headers: tuple[Headers, ...] = (Headers.CHANGING,)


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: the load, and the CPU time of the processes that took part in it."""

    round: int
    operation: str
    headers: Headers
    server: str
    load: LoadResult
    process_cpu_s: tuple[float, ...]  # of each process of the server
    postgres_cpu_s: float
    generator_cpu_s: float
    machine: MachineUsage

    @property
    def other_cores(self) -> float:
        """The mean number of cores that other programs of the machine used."""
        measured_s = self.server_cpu_s + self.postgres_cpu_s + self.generator_cpu_s
        return max(0.0, self.machine.busy_cores - measured_s / self.machine.elapsed_s)

    @property
    def server_cpu_s(self) -> float:
        """CPU of all processes of the server, in seconds."""
        return sum(self.process_cpu_s)

    @property
    def server_ms(self) -> float:
        """Server CPU per request, in milliseconds."""
        return self.server_cpu_s * 1_000 / max(1, self.load.requests)

    @property
    def postgres_ms(self) -> float:
        """PostgreSQL's CPU per request, in milliseconds."""
        return self.postgres_cpu_s * 1_000 / max(1, self.load.requests)

    @property
    def generator_ms(self) -> float:
        """The load generator's CPU per request, in milliseconds."""
        return self.generator_cpu_s * 1_000 / max(1, self.load.requests)

    def figures(self) -> dict[str, object]:
        """All figures, for JSON."""
        return {
            "round": self.round,
            "operation": self.operation,
            "headers": self.headers,
            "server": self.server,
            "server_cpu_ms": round(self.server_ms, 3),
            "postgres_cpu_ms": round(self.postgres_ms, 3),
            "generator_cpu_ms": round(self.generator_ms, 4),
            "process_cpu_s": [round(each, 2) for each in self.process_cpu_s],
            "other_cores": round(self.other_cores, 2),
            **asdict(self.machine),
            **self.load.figures(),
        }


BodyFiles = dict[tuple[str, str], Path]  # by operation and server


class _Turn(NamedTuple):
    operation: str
    headers: Headers
    server: RunningServer

    def __str__(self) -> str:
        return f"{self.server.server.title}, {self.operation}, {self.headers} headers"

    def source(self, bodies: BodyFiles) -> RequestSource:
        """The requests of this turn, as of now."""
        file = bodies[self.operation, self.server.server.name]
        renew(self.server, self.operation, file)
        is_poll, token = self.operation == "Q8", self.server.server.token
        return RequestSource(self.server.url, file, self.headers, is_poll, token)


def write_bodies(servers: Sequence[RunningServer], keys: SampledKeys, folder: Path) -> BodyFiles:
    """Write a file of request bodies for each operation of each server.

    Without routed models, what needs them has no file.
    """
    files = {}
    for server in servers:
        for operation in server.server.operations:
            if operation in operations.OF_ROUTED and not keys.routed:
                continue
            file = folder / f"{server.server.name}-{operation}.bodies"
            if operation == "Q8":
                lines = operations.targets(server.url, keys)
            else:
                lines = operations.bodies(operation, server.dialect, keys)
            file.write_text("\n".join(lines) + "\n", "utf-8")
            files[operation, server.server.name] = file
    return files


def samples(
    servers: Sequence[RunningServer], bodies: BodyFiles, schedule: LoadSchedule, postmaster: int
) -> Iterator[Sample]:
    """Every measurement of every round; each round begins with another server."""
    for turn in _turns(servers, schedule, 0) if schedule.warm_up_s else ():
        _warm_up(turn, bodies, schedule)
    for round_ in range(1, schedule.rounds + 1):
        progress(f"Round {round_} of {schedule.rounds}")
        for turn in _turns(servers, schedule, round_):
            sample = _sample(round_, turn, turn.source(bodies), schedule, postmaster)
            if sample.load.failures:
                progress(f"  {turn}: {sample.load.failures} failures")
            if sample.other_cores > _OTHER_CORES_MAX:
                cores = f"{sample.other_cores:.1f} of {cpu.CORES} cores"
                progress(f"  {turn}: other programs used {cores}")
            yield sample


def _turns(
    servers: Sequence[RunningServer], schedule: LoadSchedule, round_: int
) -> Iterator[_Turn]:
    first = round_ % len(servers)
    for operation, headers in product(schedule.operations, schedule.headers):
        for server in [*servers[first:], *servers[:first]]:
            if operation in server.server.operations:
                yield _Turn(operation, headers, server)


def _warm_up(turn: _Turn, bodies: BodyFiles, schedule: LoadSchedule) -> None:
    """Fill the server's caches, and check that its responses have no errors under load."""
    result = load.run(
        turn.source(bodies),
        schedule.warm_up_s,
        0,
        connections=schedule.connections,
        is_checked=True,
    )
    if result.failures:
        raise SystemExit(
            f"{turn} fails under load: {result.failures} of {result.requests} responses;"
            f" nothing was measured"
        )


def _sample(
    round_: int, turn: _Turn, source: RequestSource, schedule: LoadSchedule, postmaster: int
) -> Sample:
    pid = turn.server.pid
    processes, backends = cpu.process_tree(pid), psutil.Process(postmaster).children()
    before, backends_before = cpu.times(processes), cpu.times(backends)
    generator_before, cores_before = cpu.of_this_process(), cpu.cores()
    result = load.run(source, schedule.seconds, round_, connections=schedule.connections)
    after = cpu.times(cpu.process_tree(pid))
    backends_after = cpu.times(psutil.Process(postmaster).children())
    return Sample(
        round_,
        turn.operation,
        turn.headers,
        turn.server.server.name,
        result,
        cpu.used_each(before, after),
        cpu.used(backends_before, backends_after),
        cpu.of_this_process() - generator_before,
        cpu.between(cores_before, cpu.cores()),
    )
