"""The time from `registry serve` to its first response: `python -m bench.start`.

Each start is a new process on a migrated and filled database: that of DATABASE_URL, or the
benchmark's own. A client sends a query every 5 ms until the first GraphQL response. With --imports,
or when the median is above the target, the packages with the longest import times are printed too.
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
from bench.servers import CACHED, SERVERS, Server, ServerProcess
from bench.terminal import note, progress, table

TARGET_S = 1.0
_POLL_S = 0.005
_PACKAGES_MAX = 15  # in the table
_BODY = json.dumps({"query": "{ models(first: 1) { nodes { name } } }"})
_HEADERS = {"content-type": "application/json", "accept": "application/json"}
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds since the process was created, and its CPU and memory until then."""

    listening_s: float
    first_response_s: float
    cpu_s: float
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Package:
    """The import time of a top-level package's own modules; measuring makes it longer."""

    name: str
    modules: int
    own_ms: float


def main(
    starts: Annotated[int, typer.Option(min=1, help="Number of starts.")] = 15,
    database_url: Annotated[
        str | None, typer.Option(envvar="DATABASE_URL", help="A migrated, filled database.")
    ] = None,
    scale: Annotated[
        int,
        typer.Option(
            min=data.PER_MODEL, max=data.BINDINGS_MAX, help="Bindings, without --database-url."
        ),
    ] = 40_000,
    imports: Annotated[bool, typer.Option("--imports", help="Print the longest imports.")] = False,
) -> None:
    """Measure the time until the server's first response."""
    server = next(each for each in SERVERS if each.name == CACHED)
    with TemporaryDirectory() as scratch, _database(database_url, scale) as url:
        folder = Path(scratch)
        progress(f"Starting the server {starts} times")
        measured = [measure(server, url, folder) for _ in range(starts)]
        is_late = median(each.first_response_s for each in measured) > TARGET_S
        packages = longest_imports(server, url, folder) if imports or is_late else []
        facts = machine.facts(url)
    _show(measured, packages)
    results = {
        "settings": {"starts": starts, "bindings": None if database_url else scale},
        "starts": [asdict(each) for each in measured],
        "imports": [asdict(each) for each in packages],
    }
    progress(f"Written to {report.save('start-', facts, results)}")


@contextmanager
def _database(url: str | None, scale: int) -> Iterator[str]:
    if url:
        yield url
        return
    with data.fresh(scale) as fresh_url:
        yield fresh_url


def measure(server: Server, url: str, folder: Path) -> Start:
    """Start a server once and stop it; raises SystemExit when it does not answer."""
    began = time.perf_counter()
    with servers.started(server, url, folder) as process:
        listening, first_response = _wait_for_response(process)
        return Start(
            round(listening - began, 4),
            round(first_response - began, 4),
            round(sum(cpu.times(cpu.process_tree(process.process.pid)).values()), 2),
            max(cpu.resident_mb(process.process.pid)),
        )


def _wait_for_response(server: ServerProcess) -> tuple[float, float]:
    """The times of the first accepted connection and of the first GraphQL response."""
    listening, deadline = None, time.perf_counter() + servers.READY_TIMEOUT_S
    while server.process.poll() is None and time.perf_counter() < deadline:
        client = HTTPConnection("127.0.0.1", server.port, timeout=servers.READY_TIMEOUT_S)
        try:
            client.connect()
            listening = listening or time.perf_counter()
            client.request("POST", "/graphql", _BODY, _HEADERS)
            response = client.getresponse()
            if b'"nodes"' in response.read() and response.status == 200:
                return listening, time.perf_counter()
        except OSError:
            pass  # the server does not listen yet
        finally:
            client.close()
        time.sleep(_POLL_S)
    raise servers.start_error(server)


def longest_imports(server: Server, url: str, folder: Path) -> list[Package]:
    """The packages by the import time of their modules until the first response."""
    program, *arguments = server.command
    timed = replace(server, name="imports", command=(program, "-X", "importtime", *arguments))
    measure(timed, url, folder)
    return packages((folder / "imports.log").read_text("utf-8"))


def packages(output: str) -> list[Package]:
    """The output of `python -X importtime` by top-level package, the longest first."""
    times_us: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for own_us, module in _IMPORT.findall(output):
        name = module.partition(".")[0]
        times_us[name] += int(own_us)
        modules[name] += 1
    return [
        Package(name, modules[name], round(own_us / 1_000, 1))
        for name, own_us in times_us.most_common()
    ]


def _show(starts: Sequence[Start], imports: Sequence[Package]) -> None:
    rows = [
        ("listening, s", [each.listening_s for each in starts]),
        ("first response, s", [each.first_response_s for each in starts]),
        ("CPU until then, s", [each.cpu_s for each in starts]),
        ("memory then, MB", [each.resident_mb for each in starts]),
    ]
    cells = [
        (name, *(f"{value:.2f}" for value in (median(values), min(values), max(values))))
        for name, values in rows
    ]
    table(f"`registry serve`, {len(starts)} starts", ("", "median", "lowest", "highest"), cells)
    note(f"Since the process was created; the target is a first response within {TARGET_S} s.")
    if imports:
        total_ms = sum(each.own_ms for each in imports)
        cells = [
            (each.name, str(each.modules), f"{each.own_ms:.0f}") for each in imports[:_PACKAGES_MAX]
        ]
        table(f"Imports, {total_ms:,.0f} ms in total", ("package", "modules", "own ms"), cells)


if __name__ == "__main__":
    typer.run(main)
