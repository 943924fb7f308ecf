"""Compares the registry with other servers on this machine."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import comparison, data
from bench.heads import Headers
from bench.measure import LoadSchedule
from bench.operations import NAMES
from bench.servers import REGISTRY, SERVERS, Server

_FULL, _QUICK = (3, 5, 3), (2, 1, 0.5)  # rounds, seconds of each measurement, seconds of warm-up
# filling the larger database takes 20 s, and a quick run has two minutes in total
_BINDINGS, _QUICK_BINDINGS = 40_000, 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command's options."""

    scale: int | None
    quick: bool
    rounds: int | None
    server: Sequence[str]
    operation: Sequence[str]
    headers: Sequence[Headers]
    compare_with: Path | None
    with_tokens: bool
    with_telemetry: bool
    memory_s: int
    publish: bool

    @property
    def bindings(self) -> int:
        """The number of bindings in the database."""
        return self.scale or (_QUICK_BINDINGS if self.quick else _BINDINGS)

    def includes(self, server: Server) -> bool:
        """Whether to measure a server: --server chooses, but the registry is always there."""
        name = server.name.removeprefix(comparison.PREFIX)
        return not self.server or name in (*self.server, REGISTRY)

    def settings(self) -> dict[str, object]:
        """What the report says about the run."""
        schedule = self.schedule()
        settings: dict[str, object] = {
            "bindings": self.bindings,
            "rounds": schedule.rounds,
            "seconds": schedule.seconds,
            "connections": schedule.connections,
            "headers": " and ".join(schedule.headers),
        }
        if self.compare_with:
            settings["compared_with"] = comparison.commit(self.compare_with)
        elif self.with_tokens:
            settings["compared_with"] = "itself with tokens"
        elif self.with_telemetry:
            settings["compared_with"] = "itself with telemetry"
        return settings

    def schedule(self) -> LoadSchedule:
        """What to measure, how often and how long."""
        default = list(Headers) if self.compare_with else [Headers.CHANGING]
        rounds, seconds, warm_up_s = _QUICK if self.quick else _FULL
        return LoadSchedule(
            self.rounds or rounds,
            seconds,
            warm_up_s,
            tuple(self.operation or NAMES),
            headers=tuple(dict.fromkeys(self.headers or default)),
        )


def parse(arguments: Sequence[str] | None = None) -> Options:
    """The options of a command line; exits with a message when one is wrong."""
    parser = ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("--scale", type=_bindings, metavar="N", help=f"bindings; {_BINDINGS:,} by default")
    add("--quick", action="store_true", help="about two minutes")
    add("--rounds", type=int, metavar="N", help=f"{_FULL[0]} by default, {_QUICK[0]} with --quick")
    for name, choices in (("server", [each.name for each in SERVERS]), ("operation", NAMES)):
        add(f"--{name}", action="append", default=[], choices=choices, help="repeatable")
    add(
        "--headers",
        action="append",
        default=[],
        type=Headers,
        choices=list(Headers),
        help="changing by default, both with --compare-with; repeatable",
    )
    compared = parser.add_mutually_exclusive_group()
    compared.add_argument(
        "--compare-with", type=Path, metavar="PATH", help="a checkout with an older registry"
    )
    compared.add_argument(
        "--with-tokens", action="store_true", help="also measure with a token in each request"
    )
    compared.add_argument(
        "--with-telemetry", action="store_true", help="also measure with telemetry over OTLP"
    )
    add("--memory-s", type=int, default=0, metavar="S", help="seconds of mixed load, for memory")
    add("--publish", action="store_true", help="write docs/benchmarks.md and docs/benchmark.svg")
    return Options(**vars(parser.parse_args(arguments)))


def _bindings(text: str) -> int:
    count = int(text)
    if not data.PER_MODEL <= count <= data.BINDINGS_MAX:
        raise ArgumentTypeError(f"from {data.PER_MODEL} to {data.BINDINGS_MAX:,}")
    return count
