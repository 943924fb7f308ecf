"""Fuzzes a real server with generated operations: `python -m tests.floods.fuzz --minutes 10`.

It needs the group `fuzz`: `uv run --group fuzz python -m tests.floods.fuzz`. Three rounds, each of
that length and on a registry of its own with rows in it: the operations of schemathesis, those of
hypothesis-graphql, and queries that go to a server with compiled plans and to one without, whose
answers must be equal. Most documents get values that the registry has. The report says which
root fields and arguments were called with success. It exits with 1 after a status but 200, no
answer within 10 s, an error without a documented code, data that breaks the schema, an unexpected
error in the server's log, or two different answers.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from deploy.lab import postgres, registry
from tests.floods.fuzz import answers, plans, rounds
from tests.floods.fuzz.answers import ROOT
from tests.floods.fuzz.rounds import Round


def main(minutes: float = 10, only: str = "", log: Path = Path("fuzz.log")) -> None:
    """Run the rounds, or `only` schemathesis, hypothesis or plans, and print what they found."""
    fuzzers = {
        "schemathesis": lambda urls, seconds: with_schemathesis(urls[0], seconds),
        "hypothesis": lambda urls, seconds: rounds.with_hypothesis(urls[0], seconds),
        "plans": plans.compare,
    }
    failed = False
    for name, fuzz in fuzzers.items():
        if only in ("", name):
            with TemporaryDirectory() as folder, _registry(Path(folder)) as urls:
                done = fuzz(urls, minutes * 60)
                for server in ("planned", "unplanned"):
                    written = Path(folder) / server / "registry.log"
                    done.faults += answers.in_log(written)
                    shutil.copy(written, log.with_suffix(f".{name}.{server}"))
            for line in done.lines(name, answers.for_checks()):
                typer.echo(line)
            failed = failed or bool(done.faults)
    raise typer.Exit(failed)


@contextmanager
def _registry(folder: Path) -> Iterator[tuple[str, str]]:
    """The URLs of two servers on one filled registry: with compiled plans, and without."""
    folder.chmod(0o755)
    with postgres.running(folder / "postgres") as database:
        variables = {"DATABASE_URL": database.url, "REGISTRY_LOG_LEVEL": "warning"}
        variables["REGISTRY_ARCHIVE_URL"] = f"file://{folder}/cold"
        fill = [sys.executable, "-m", "server", "import", "synthetic", "--models", "20"]
        migrate = [sys.executable, "-m", "server", "migrate"]
        catalog = [*fill[:4], "litellm", "tests/catalogs/litellm.json"]
        for command in (migrate, fill, catalog):
            environment = {**registry_environment(), **variables}
            subprocess.run(
                command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
            )
        unplanned = {**variables, "REGISTRY_COMPILED_PLANS": "false"}
        with (
            registry.serving(folder / "planned", database.url, variables=variables) as planned,
            registry.serving(folder / "unplanned", database.url, variables=unplanned) as other,
        ):
            yield f"{planned.url}/graphql", f"{other.url}/graphql"


def registry_environment() -> dict[str, str]:
    """The environment of a command: where programs and packages are."""
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


def with_schemathesis(url: str, seconds: float) -> Round:
    """Run schemathesis with our hooks and our check in a process of its own."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        environment = {"SCHEMATHESIS_HOOKS": "tests.floods.fuzz.hooks", "FUZZ_URL": url}
        environment |= {"FUZZ_REPORT": str(report), "PYTHONPATH": str(ROOT)}
        command = [str(Path(sys.executable).parent / "st"), "run", url, "--phases", "fuzzing"]
        command += ["--checks", "documented_answer", "--max-time", str(int(seconds))]
        command += ["--request-timeout", "30", "--continue-on-failure", "--no-color"]
        ended = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, check=False)
        found = json.loads(report.read_text("utf-8"))
    done = Round(found["sent"], found["without_errors"], found["slowest_s"])
    for name in ("statuses", "codes", "user_errors"):
        setattr(done, name, Counter(found[name]))
    done.coverage.merge(found["coverage"])
    done.faults = found["faults"]
    if ended.returncode and not done.faults:
        done.faults = [f"schemathesis ended with {ended.returncode}: see above"]
    return done


if __name__ == "__main__":
    typer.run(main)
