"""A failover while a registry serves: `python -m deploy.lab.failover`, see docs/operations.md.

Two PostgreSQL servers under Patroni, and a registry with two workers under load. It prints a
timeline, and which of the acknowledged writes are there at the end.
"""

import argparse
import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.lab import etcd, haproxy, patroni, postgres, registry
from deploy.lab.failover_load import Load

_BEFORE_S, _AFTER_S = 5.0, 5.0
_RECOVERY_S = 90.0
FAULTS = ("kill", "switchover", "etcd")
WAYS = ("hosts", "haproxy")


@dataclass(slots=True)
class Timeline:
    """What happened when, in seconds after the fault."""

    fault_at: float = 0.0
    lines: list[tuple[float, str]] = field(default_factory=list)

    def note(self, what: str, at: float | None = None) -> None:
        """Add what happens now, or happened at a time of monotonic()."""
        self.lines.append((time.monotonic() if at is None else at, what))

    def text(self) -> str:
        """The lines in their order."""
        lines = sorted(self.lines)
        return "\n".join(f"{at - self.fault_at:+8.2f} s  {what}" for at, what in lines)


@dataclass(slots=True)
class Result:
    """What a run found: seconds without an answer, lost writes, and how often each answer came."""

    timeline: Timeline
    reads_away_s: float
    writes_away_s: float
    acknowledged: int
    lost: int
    lost_outcomes: int
    answers: Counter[str]
    errors: list[str]  # unexpected ones, of the registry's log


def run(folder: Path, fault: str, way: str, *, synchronous: bool, frozen_s: float) -> Result:
    """Run one failover; `frozen_s` is how long the standby is frozen before the fault."""
    with _lab(folder, way, synchronous) as (cluster, member, url):
        timeline = Timeline()
        with registry.serving(folder / "registry", url, "--workers", "2") as served:
            load = Load(served.url)
            asyncio.run(_under_load(load, cluster, member, timeline, (fault, frozen_s)))
        lines = served.log.read_text().splitlines()
        errors = [line for line in lines if '"level":"error"' in line.lower()]
        return _result(load, cluster, timeline, errors)


@contextmanager
def _lab(
    folder: Path, way: str, synchronous: bool
) -> Iterator[tuple[patroni.Cluster, etcd.Etcd, str]]:
    with ExitStack() as stack:
        member = stack.enter_context(etcd.running(folder / "etcd"))
        cluster = stack.enter_context(patroni.running(folder, member.port, synchronous=synchronous))
        url = cluster.url
        if way == "haproxy":
            servers = [haproxy.Server(n.name, n.port, n.rest_port) for n in cluster.nodes]
            port = stack.enter_context(haproxy.running(folder / "haproxy", servers))
            url = f"postgresql://postgres@127.0.0.1:{port}/{postgres.DATABASE}"
        yield cluster, member, url


async def _under_load(
    load: Load,
    cluster: patroni.Cluster,
    member: etcd.Etcd,
    timeline: Timeline,
    fault: tuple[str, float],
) -> None:
    async with load.running():
        await asyncio.sleep(_BEFORE_S)
        primary = cluster.primary()
        assert primary is not None
        await asyncio.to_thread(_freeze, cluster.other(primary), fault[1])
        timeline.fault_at = load.fault_at = time.monotonic()
        await asyncio.to_thread(_apply, fault[0], cluster, primary, member, timeline)
        if fault[0] != "etcd":
            await asyncio.to_thread(_await_primary, cluster, primary, timeline)
        await load.recovered(_RECOVERY_S)
        await asyncio.sleep(_AFTER_S)


def _freeze(standby: patroni.Node, seconds: float) -> None:
    """Stop the standby's processes for a time, so that it lags; writes go on meanwhile."""
    if seconds:
        standby.signal_server(signal.SIGSTOP)
        time.sleep(seconds)


def _apply(
    fault: str,
    cluster: patroni.Cluster,
    primary: patroni.Node,
    member: etcd.Etcd,
    timeline: Timeline,
) -> None:
    if fault == "kill":
        primary.kill()
        timeline.note(f"{primary.name}, the primary, is killed with its Patroni")
        cluster.other(primary).signal_server(signal.SIGCONT)
    elif fault == "switchover":
        timeline.note(f"patronictl switchover from {primary.name}")
        cluster.switch_over(primary)
    else:
        member.process.send_signal(signal.SIGSTOP)
        timeline.note("etcd is frozen for 10 s")
        time.sleep(10)
        member.process.send_signal(signal.SIGCONT)
        timeline.note("etcd goes on")


def _await_primary(cluster: patroni.Cluster, old: patroni.Node, timeline: Timeline) -> None:
    new = cluster.other(old)
    deadline = time.monotonic() + _RECOVERY_S
    while new.role() != "primary":
        assert time.monotonic() < deadline, "no standby became the primary"
        time.sleep(0.1)
    timeline.note(f"{new.name} is the primary")


def _result(load: Load, cluster: patroni.Cluster, timeline: Timeline, errors: list[str]) -> Result:
    primary = cluster.primary()
    assert primary is not None
    for what, at in load.first_answers():
        timeline.note(what, at)
    stored = {name for (name,) in patroni.rows(primary, "SELECT name FROM models", "registry")}
    calls = "SELECT coalesce(sum(success), 0)::int FROM outcome_minutes"
    ((counted,),) = patroni.rows(primary, calls, "registry")
    assert isinstance(counted, int)
    return Result(
        timeline,
        load.away_s("read"),
        load.away_s("write"),
        len(load.acknowledged),
        len(load.acknowledged - stored),
        max(0, load.reported - counted),
        load.answers,
        errors,
    )


def _print(result: Result) -> None:
    print(result.timeline.text())
    print(f"reads without an answer: {result.reads_away_s:.1f} s")
    print(f"writes without an answer: {result.writes_away_s:.1f} s")
    print(f"acknowledged writes: {result.acknowledged}, of which lost: {result.lost}")
    print(f"acknowledged outcomes that are lost: {result.lost_outcomes}")
    print("answers:", ", ".join(f"{n} {code}" for code, n in result.answers.most_common()))
    for line in result.errors[:3]:
        print(line)


def main(arguments: Sequence[str]) -> None:
    """Run it as the arguments say, and print what happened."""
    parser = argparse.ArgumentParser(prog="python -m deploy.lab.failover", description=__doc__)
    parser.add_argument("--fault", choices=FAULTS, default="kill")
    parser.add_argument("--way", choices=WAYS, default="hosts", help="how the registry connects")
    parser.add_argument("--asynchronous", action="store_true", help="commits await no standby")
    parser.add_argument(
        "--frozen", type=float, default=0, metavar="S", help="freeze the standby so long before"
    )
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that all processes end
    with TemporaryDirectory(prefix="registry-lab-") as name:
        result = run(
            Path(name),
            given.fault,
            given.way,
            synchronous=not given.asynchronous,
            frozen_s=given.frozen,
        )
    _print(result)


if __name__ == "__main__":
    main(sys.argv[1:])
