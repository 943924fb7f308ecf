"""The dashboard's list of models in Chromium: `python -m bench.dashboard`.

Fills a registry in --folder by the synthetic import (once), serves it, changes models, and runs
ui/measure.mjs, which prints JSON: from the page's heading to the first rows, frames while one
scrolls and types, and the page's memory over --minutes of changes. docs/dashboard.md has the
results. It needs Chromium, Node and `make ui`.
"""

import asyncio
import subprocess
import time
from itertools import count
from pathlib import Path
from random import Random
from tempfile import gettempdir
from threading import Event, Thread
from typing import Annotated, Any

import httpx
import psycopg
import typer

from bench import servers
from bench.servers import ROOT, RunningServer, Server
from bench.terminal import progress
from catalogs import synthetic
from db.postgres import embedded, migrate
from db.postgres.engine import Database, PoolLimits

_FOLDER = Path(gettempdir(), "registry-dashboard")
_SEED = 7
_VERSIONS, _BINDINGS = 2, 2  # of each model, of each version
_SEEN = 50  # models at the top of the list, which get half of the changes
_LOAD_TIMEOUT_MS = 3_600_000
_SERVER = Server("dashboard", "Model Registry", servers.serve_command(1))
_UPDATE = (
    "mutation($input: UpdateModelInput!) { updateModel(input: $input) { userErrors { message } } }"
)
_CREATE = (
    "mutation($input: CreateModelInput!) { createModel(input: $input) { userErrors { message } } }"
)


def main(
    models: Annotated[int, typer.Option(min=1)] = 100_000,
    minutes: Annotated[int, typer.Option(min=0, help="Of changes; 0: none.")] = 10,
    per_second: Annotated[int, typer.Option(min=1, help="Changes.")] = 20,
    folder: Annotated[Path, typer.Option(help="Of the database; it is kept.")] = _FOLDER,
) -> None:
    """Measure the list on a registry of one size."""
    with embedded.running(folder) as url:
        migrate.upgrade(url)
        asyncio.run(_fill(url, models))
        with servers.running(_SERVER, url, folder) as server:
            changing = _Changes(server, models, per_second)
            if minutes:
                changing.start()
            try:
                address = server.url.removesuffix("/graphql")
                command = ["node", "measure.mjs", address, str(minutes)]
                subprocess.run(command, cwd=ROOT / "ui", check=True)
            finally:
                changing.stop()
        if changing.refused:
            raise SystemExit(f"a change was refused: {changing.refused}")
        progress(f"{changing.done:,} changes")


async def _fill(url: str, models: int) -> None:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM models").fetchone()
    if row is not None and row[0] >= models:
        return
    progress(f"Filling a registry with {models:,} models (once)")
    database = Database(url, PoolLimits(statement_timeout_ms=_LOAD_TIMEOUT_MS))
    try:
        sizes = (models, _VERSIONS, _BINDINGS)
        _, warnings = await synthetic.load(database, sizes, _SEED, lambda *_: None)
        assert not warnings, warnings
    finally:
        await database.close()


class _Changes:
    """Changes models in a thread until it is stopped: half of them at the top of the list."""

    def __init__(self, server: RunningServer, models: int, per_second: int) -> None:
        self.done = 0
        self.refused = ""  # figures of a registry that does not change say nothing
        self._server = server
        self._models = models
        self._pause_s = 1 / per_second
        self._stopped = Event()
        self._thread = Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        random = Random(_SEED)
        started = time.time_ns()  # in names, which must be new
        with httpx.Client(timeout=30) as client:
            for number in count():
                begun = time.monotonic()
                given: dict[str, Any]
                if number % 400 == 399:
                    name = f"model-0001-{started}-{number}"
                    query, given = _CREATE, {"name": name, "task": "CHAT"}
                else:
                    highest = _SEEN if number % 2 else self._models
                    name = f"model-{random.randint(1, highest):04d}"
                    query = _UPDATE
                    given = {"model": {"name": name}, "subject": f"subject-{number}"}
                self._send(client, query, given)
                rest = self._pause_s - (time.monotonic() - begun)
                if self._stopped.wait(max(0, rest)):
                    return

    def _send(self, client: httpx.Client, query: str, given: dict[str, Any]) -> None:
        body = {"query": query, "variables": {"input": given}}
        answer = client.post(self._server.url, json=body).json()
        payloads = (answer.get("data") or {}).values()
        if answer.get("errors") or any(each["userErrors"] for each in payloads):
            self.refused = str(answer)
            self._stopped.set()
            return
        self.done += 1


if __name__ == "__main__":
    typer.run(main)
