"""`registry import`: catalogs into the registry, with a progress bar and a table at the end."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from catalogs import genai_prices, litellm, synthetic
from catalogs.catalog import Catalog, CatalogError, Remark
from catalogs.load import NotMigrated, Report, load, was_used
from db import embedded, migrate
from db.engine import Database
from server.settings import Settings

_EXAMPLES = 3

app = typer.Typer(help="Import a catalog of models, providers and prices.", no_args_is_help=True)


@app.command("genai-prices")
def genai_prices_() -> None:
    """Import the catalog that ships with the genai-prices package; needs no network."""
    _import(genai_prices.read)


@app.command("litellm")
def litellm_(
    source: Annotated[str, typer.Argument(metavar="PATH|URL", help="JSON, or JSON.gz.")],
) -> None:
    """Import a LiteLLM price map from a file or an http(s) URL."""
    _import(lambda: litellm.read(source))


@app.command("synthetic")
def synthetic_(
    models: Annotated[int, typer.Option(min=1, max=1_000_000)] = 100,
    versions: Annotated[int, typer.Option(min=1, max=1_000, help="Of each model.")] = 5,
    bindings: Annotated[int, typer.Option(min=1, max=1_000, help="Of each version.")] = 4,
    seed: Annotated[int, typer.Option(help="The same seed makes the same content.")] = 1,
) -> None:
    """Import generated models, versions and bindings, labelled as synthetic."""
    _import(lambda: synthetic.read(models, versions, bindings, seed))


async def first_catalog(database: Database, console: Console) -> None:
    """Fill a registry that never held anything with the genai-prices catalog."""
    if not await was_used(database):
        await _load(database, genai_prices.read(), console)


def _import(read: Callable[[], Catalog]) -> None:
    console = Console()
    settings = Settings()
    try:
        catalog = read()
        with _database_url(settings) as url:
            report = asyncio.run(_into(url, catalog, console))
    except CatalogError as error:
        _fail(f"Nothing was imported: {error}.")
    except NotMigrated as error:
        _fail(f"Nothing was imported: {error}. Run `registry migrate` first.")
    console.print(_counts(report))
    for title, remarks in (("Skipped", report.skipped), ("Simplified", report.simplified)):
        if remarks:
            console.print(_reasons(title, remarks))


@contextmanager
def _database_url(settings: Settings) -> Iterator[str]:
    """The configured database, or the embedded one, which is ours to migrate."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with embedded.running(Path(settings.data_dir)) as url:
        migrate.upgrade(url)
        yield url


async def _into(url: str, catalog: Catalog, console: Console) -> Report:
    database = Database(url)
    try:
        return await _load(database, catalog, console)
    finally:
        await database.close()


async def _load(database: Database, catalog: Catalog, console: Console) -> Report:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TextColumn("bindings"), TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task(f"Importing {catalog.source}", total=catalog.binding_count)
        return await load(
            database, catalog, lambda done, total: bar.update(task, completed=done, total=total)
        )


def _counts(report: Report) -> Table:
    table = Table("", "created", "changed", "unchanged", title=report.source, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, counts in report.counts.items():
        figures = (counts.created, counts.changed, counts.unchanged)
        table.add_row(kind, *(f"{figure:,}" for figure in figures))
    return table


def _reasons(title: str, remarks: tuple[Remark, ...]) -> Table:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for remark in remarks:
        by_reason[remark.reason].append(remark.entry)
    table = Table("entries", "reason", "for example", title=title, title_justify="left")
    for reason, entries in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        table.add_row(f"{len(entries):,}", reason, "\n".join(entries[:_EXAMPLES]))
    return table


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
