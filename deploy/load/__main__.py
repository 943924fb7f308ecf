"""`make load`: Locust's users on a deployment, or on a registry of its own.

Writes into --folder what Locust counts as CSV files and a page (load.html), and rates and
percentiles over time as a picture (load.svg). The exit code is 1 when a request failed.
"""

import argparse
import csv
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.lab import postgres, registry
from deploy.load.chart import Chart, Panel, Points, svg

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_PERCENTILES = ("50%", "95%", "99%")
_ALL = "Aggregated"  # Locust's name for the sum of all requests


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the load; returns the exit code."""
    given, others = _parser().parse_known_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    prefix = given.folder / "load"
    with _host(given.host) as host:
        ended = subprocess.run([*_command(given, host, prefix), *others], check=False)
    history = prefix.with_name("load_stats_history.csv")
    if history.is_file():
        picture = prefix.with_suffix(".svg")
        picture.write_text(svg(chart(history, f"{given.users} users on {host}")), "utf-8")
        print(f"Rates and percentiles over time: {picture}")
    return ended.returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.load", description=__doc__, epilog="Other options are Locust's."
    )
    add = parser.add_argument
    add("--host", default="", help="such as https://registry.example.com; else one is started")
    add("--users", type=int, default=20, help="at the same time; 7 of 10 are gateways")
    add("--time", default="1m", help="such as 30s, 5m or 1h")
    add("--web", action="store_true", help="Locust's web page, on port 8089; --time has no effect")
    add("--folder", type=Path, default=Path("load"), help="for the results")
    return parser


def _command(given: argparse.Namespace, host: str, prefix: Path) -> list[str]:
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--host", host]
    command += ["--users", str(given.users), "--csv", str(prefix), "--csv-full-history"]
    command += ["--spawn-rate", str(max(1, given.users // 2))]
    if given.web:
        return [*command, "--web-host", "127.0.0.1"]
    html = str(prefix.with_suffix(".html"))
    return [*command, "--headless", "--only-summary", "--run-time", given.time, "--html", html]


@contextmanager
def _host(given: str) -> Iterator[str]:
    """The URL of the deployment, or of a registry with the real catalog that runs meanwhile."""
    if given:
        yield given.rstrip("/").removesuffix("/graphql")
        return
    variables = {"REGISTRY_FIRST_CATALOG": "genai-prices", "REGISTRY_LOG_LEVEL": "warning"}
    with (
        TemporaryDirectory(prefix="registry-load-") as scratch,
        postgres.running(Path(scratch) / "postgres") as server,
        registry.serving(Path(scratch) / "registry", server.url, variables=variables) as served,
    ):
        print(f"Started a registry of its own on {served.url}", flush=True)
        yield served.url


def chart(history: Path, title: str) -> Chart:
    """What Locust's full history says of all requests together, by second."""
    with history.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["Name"] == _ALL]
    return Chart(
        title,
        "all requests together; percentiles of the last 10 s",
        [
            Panel("users", {"users": _line(rows, "User Count")}),
            Panel(
                "requests a second",
                {"all": _line(rows, "Requests/s"), "failed": _line(rows, "Failures/s")},
            ),
            Panel("milliseconds", {name: _line(rows, name) for name in _PERCENTILES}),
        ],
    )


def _line(rows: Sequence[dict[str, str]], column: str) -> Points:
    if not rows:
        return []
    began = float(rows[0]["Timestamp"])
    found = [(float(row["Timestamp"]) - began, row[column]) for row in rows]
    return [(at, float(figure)) for at, figure in found if figure not in ("", "N/A")]


if __name__ == "__main__":
    sys.exit(main())
