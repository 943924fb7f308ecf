"""How soon `registry serve` answers: `python -m bench.start`.

Each start is a new process on a database that is migrated and filled: that of DATABASE_URL, or the
benchmark's own. A client asks every 5 ms until the first GraphQL answer comes. With --imports, or
when the median is above the target, the packages that take longest to import are told too.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bench import cpu, data, machine, report, servers
from bench.servers import KEPT, SERVERS, Server, Started
from bench.terminal import note, say, table

TARGET_S = 1.5
_POLL_S = 0.005
_SHOWN = 15  # packages
_BODY = json.dumps({"query": "{ models(first: 1) { nodes { name } } }"})
_HEADERS = {"content-type": "application/json", "accept": "application/json"}
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Start:
    """One start, in seconds since the process was made, and what it had used by then."""

    listening_s: float
    answered_s: float
    cpu_s: float
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Package:
    """A top-level package's own share of the import time, which --imports makes longer."""

    name: str
    modules: int
    own_ms: float


def main(
    starts: Annotated[int, typer.Option(min=1, help="How many times.")] = 15,
    database_url: Annotated[
        str | None, typer.Option(envvar="DATABASE_URL", help="A migrated, filled database.")
    ] = None,
    scale: Annotated[
        int, typer.Option(min=data.PER_MODEL, max=data.BINDINGS_MAX, help="Bindings, without it.")
    ] = 40_000,
    imports: Annotated[bool, typer.Option("--imports", help="Tell the longest imports.")] = False,
) -> None:
    """Measure how soon the server answers."""
    server = next(each for each in SERVERS if each.name == KEPT)
    with TemporaryDirectory() as scratch, _database(database_url, scale) as url:
        folder = Path(scratch)
        say(f"Starting it {starts} times")
        found = [measure(server, url, folder) for _ in range(starts)]
        is_late = median(each.answered_s for each in found) > TARGET_S
        packages = longest_imports(server, url, folder) if imports or is_late else []
        facts = machine.facts(url)
    _show(found, packages)
    results = {
        "settings": {"starts": starts, "bindings": None if database_url else scale},
        "starts": [asdict(each) for each in found],
        "imports": [asdict(each) for each in packages],
    }
    say(f"Written to {report.save('start-', facts, results)}")


@contextmanager
def _database(url: str | None, scale: int) -> Iterator[str]:
    if url:
        yield url
        return
    with data.fresh(scale) as made:
        yield made


def measure(server: Server, url: str, folder: Path) -> Start:
    """Start a server once and stop it again; raises SystemExit when it does not answer."""
    began = time.perf_counter()
    with servers.started(server, url, folder) as process:
        listening, answered = _answered(process)
        return Start(
            round(listening - began, 4),
            round(answered - began, 4),
            round(sum(cpu.times(cpu.tree(process.process.pid)).values()), 2),
            max(cpu.resident_mb(process.process.pid)),
        )


def _answered(server: Started) -> tuple[float, float]:
    """When a connection was taken first, and when a GraphQL answer had come."""
    listening, deadline = None, time.perf_counter() + servers.READY_WITHIN_S
    while server.process.poll() is None and time.perf_counter() < deadline:
        client = HTTPConnection("127.0.0.1", server.port, timeout=servers.READY_WITHIN_S)
        try:
            client.connect()
            listening = listening or time.perf_counter()
            client.request("POST", "/graphql", _BODY, _HEADERS)
            answer = client.getresponse()
            if b'"nodes"' in answer.read() and answer.status == 200:
                return listening, time.perf_counter()
        except OSError:
            pass  # it does not listen yet
        finally:
            client.close()
        time.sleep(_POLL_S)
    raise servers.failed(server)


def longest_imports(server: Server, url: str, folder: Path) -> list[Package]:
    """The packages whose own modules take longest to import until the first answer."""
    program, *arguments = server.command
    timed = replace(server, name="imports", command=(program, "-X", "importtime", *arguments))
    measure(timed, url, folder)
    return packages((folder / "imports.log").read_text("utf-8"))


def packages(written: str) -> list[Package]:
    """The lines of `python -X importtime` by top-level package, the longest first."""
    times_us: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for own_us, module in _IMPORT.findall(written):
        name = module.partition(".")[0]
        times_us[name] += int(own_us)
        modules[name] += 1
    return [
        Package(name, modules[name], round(own_us / 1_000, 1))
        for name, own_us in times_us.most_common()
    ]


def _show(starts: Sequence[Start], found: Sequence[Package]) -> None:
    rows = [
        ("listening, s", [each.listening_s for each in starts]),
        ("first answer, s", [each.answered_s for each in starts]),
        ("CPU until then, s", [each.cpu_s for each in starts]),
        ("memory then, MB", [each.resident_mb for each in starts]),
    ]
    cells = [
        (name, *(f"{value:.2f}" for value in (median(values), min(values), max(values))))
        for name, values in rows
    ]
    table(f"`registry serve`, {len(starts)} starts", ("", "median", "lowest", "highest"), cells)
    note(f"Since the process was made; the target is a first answer within {TARGET_S} s.")
    if found:
        total_ms = sum(each.own_ms for each in found)
        shown = [(each.name, str(each.modules), f"{each.own_ms:.0f}") for each in found[:_SHOWN]]
        table(f"Imports, {total_ms:,.0f} ms in all", ("package", "modules", "own ms"), shown)


if __name__ == "__main__":
    typer.run(main)
