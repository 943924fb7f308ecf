"""What one primary carries: `python -m bench.scale --bindings 10000000 --imported 1000000`.

Fills a PostgreSQL in --folder by the synthetic import, multiplies that by copies, and measures:
loading, sizes, reads with one connection, writes, reported outcomes, the log (WAL) of each, cache
hits, the import of a catalog beside the rest, VACUUM and autovacuum, the last migration, and
backups. Prints JSON. With --keep the filled database in the folder is used again. docs/scaling.md
has the results.
"""

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Any

import typer

from bench import data, scale_fill, scale_reads, scale_sql, scale_upkeep, scale_writes
from bench.terminal import progress
from catalogs import synthetic
from db.postgres import migrate
from db.postgres.engine import Database, PoolLimits
from deploy.lab import postgres
from deploy.lab.postgres import Postgres

_SETTINGS = {"max_wal_size": "1GB"}
# While it is filled: nothing is lost that could not be filled again.
_FILLING = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
_FOLDER = Path(gettempdir(), "registry-scale")
_SEED = 7
_LOAD_TIMEOUT_MS = 3_600_000
_AUTOVACUUM_S = 180  # it looks once a minute


def main(
    bindings: Annotated[int, typer.Option(min=data.PER_MODEL)] = 100_000,
    imported: Annotated[
        int | None, typer.Option(help="By the import; the others are copies. All by default.")
    ] = None,
    folder: Annotated[
        Path, typer.Option(help="Of the database; about 2.5 KB a binding.")
    ] = _FOLDER,
    seconds: Annotated[float, typer.Option(help="Of each measurement.")] = 3,
    shared_buffers: Annotated[str, typer.Option(help="PostgreSQL's cache.")] = "1GB",
    keep: Annotated[bool, typer.Option(help="Keep the database in the folder.")] = False,
) -> None:
    """Measure a database of one size.

    Measurements of less than a second give no figures, and leave out the catalog and autovacuum.
    """
    results: dict[str, Any] = {"bindings": bindings, "shared_buffers": shared_buffers}
    with _primary(folder, shared_buffers, results, (bindings, imported or bindings)) as server:
        results["sizes"] = scale_sql.figures(server.url)
        results["reads"] = scale_reads.measure(server.url, seconds, folder)
        results["writes"] = scale_writes.measure(server.url, seconds, folder)
        if scale_sql.is_precise(seconds):
            results["catalog_s"] = scale_writes.import_catalog(server.url)
        wait_s = _AUTOVACUUM_S if scale_sql.is_precise(seconds) else 0
        results["upkeep_s"] = scale_upkeep.measure(server.url, wait_s)
        progress("Backups")
        results["backups"] = scale_sql.backups(server.url)
    text = json.dumps(results, indent=1, default=str)
    (folder / "scale.json").write_text(text, "utf-8")
    print(text)
    if not keep:
        shutil.rmtree(folder)


@contextmanager
def _primary(
    folder: Path, shared_buffers: str, results: dict[str, Any], sizes: tuple[int, int]
) -> Iterator[Postgres]:
    """A server with that many bindings, of which so many come from the import."""
    settings = {"shared_buffers": shared_buffers, **_SETTINGS}
    if not (folder / "filled").exists():
        server = postgres.created(folder / "postgres", {**settings, **_FILLING})
        server.start()
        try:
            server.execute(f"CREATE DATABASE {postgres.DATABASE}")
            results["loading"] = _fill(server.url, *sizes)
        finally:
            server.stop()
        (folder / "filled").touch()
    server = postgres.configured(folder / "postgres", settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _fill(url: str, bindings: int, imported: int) -> dict[str, Any]:
    took: dict[str, float] = {}
    migrate.upgrade(url)
    with scale_sql.counting(url, took):
        asyncio.run(_import(url, data.model_count(imported)))
    sizes = scale_sql.figures(url)
    progress("Filling the columns that the synthetic import leaves empty")
    data.fill_columns(url)
    times = max(1, bindings // imported)
    return {"import": took, "sizes": sizes, "copies": scale_fill.multiply(url, times)}


async def _import(url: str, models: int) -> None:
    database = Database(url, PoolLimits(statement_timeout_ms=_LOAD_TIMEOUT_MS))
    began = time.monotonic()

    def show(done: int, total: int) -> None:
        if done % 100_000 == 0 or done == total:
            progress(
                f"  {done:,} of {total:,} bindings, {done / (time.monotonic() - began):,.0f}/s"
            )

    try:
        sizes = (models, data.VERSIONS, data.BINDINGS)
        _, warnings = await synthetic.load(database, sizes, _SEED, show)
        assert not warnings, warnings
    finally:
        await database.close()


if __name__ == "__main__":
    typer.run(main)
