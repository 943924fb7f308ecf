"""`registry import`: imports a catalog, with a progress bar and a table of results."""

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from server.commands import databases
from server.commands.failures import Failure
from server.commands.progress import progress_bar
from server.settings import Settings

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from rich.console import Console
    from rich.table import Table

    from catalogs.catalog import Catalog, ImportIssue
    from catalogs.load import Report
    from db.postgres.engine import Database

_EXAMPLES = 3  # entries per reason in the table

app = typer.Typer(help="Import a catalog of models, providers and prices.", no_args_is_help=True)


@app.command("genai-prices")
def genai_prices_() -> None:
    """Import the catalog that ships with the genai-prices package; needs no network."""
    from catalogs import genai_prices

    _import(genai_prices.read)


@app.command("litellm")
def litellm_(
    source: Annotated[str, typer.Argument(metavar="PATH|URL", help="JSON, may be gzipped.")],
) -> None:
    """Import a LiteLLM price map from a file or an http(s) URL."""
    from catalogs import litellm

    _import(lambda: litellm.read(source))


@app.command("synthetic")
def synthetic_(
    models: Annotated[int, typer.Option(min=1, max=1_000_000, help="Number of models.")] = 100,
    versions: Annotated[int, typer.Option(min=1, max=1_000, help="Number per model.")] = 5,
    bindings: Annotated[int, typer.Option(min=1, max=1_000, help="Number per version.")] = 4,
    seed: Annotated[int, typer.Option(help="The same seed gives the same content.")] = 1,
) -> None:
    """Import generated models, versions and bindings, labelled as synthetic."""
    from catalogs import synthetic

    _import(lambda: synthetic.read(models, versions, bindings, seed))


async def first_catalog(database: "Database") -> None:
    """Import the genai-prices catalog into a registry that never held data."""
    from catalogs.load import was_used

    if not await was_used(database):
        from rich.console import Console

        from catalogs import genai_prices  # 12 MB, which the process keeps

        await _load(database, genai_prices.read(), Console(stderr=True))


def _import(read: "Callable[[], Catalog]") -> None:
    from rich.console import Console

    from catalogs.catalog import CatalogError
    from catalogs.load import NotMigrated

    console = Console()
    settings = Settings()
    try:
        catalog = read()  # a faulty catalog fails before a database is started
        with databases.connectable(settings) as url:
            if settings.database_url is None:  # other databases are migrated by `registry migrate`
                databases.upgrade(url)
            report = databases.with_database(url, lambda db: _load(db, catalog, console))
    except CatalogError as error:
        raise Failure(f"Nothing was imported: {error}") from error
    except NotMigrated as error:
        raise Failure(f"Nothing was imported: {error}; run `registry migrate` first") from error
    console.print(_counts_table(report))
    for title, issues in (
        ("Skipped", report.skipped),
        ("Imported in part", report.partial),
        ("No longer in the catalog", report.delisted),
    ):
        if issues:
            console.print(_issues_table(title, issues))


async def _load(database: "Database", catalog: "Catalog", console: "Console") -> "Report":
    from catalogs.load import load

    description = f"Importing {catalog.source}"
    with progress_bar(console, description, "bindings", catalog.binding_count) as update:
        return await load(database, catalog, lambda done, _total: update(done))


def _counts_table(report: "Report") -> "Table":
    from rich.table import Table

    columns = ("created", "changed", "unchanged", "skipped")
    table = Table("", *columns, title=report.source, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, counts in report.counts.items():
        figures = (counts.created, counts.changed, counts.unchanged, counts.skipped)
        table.add_row(kind, *(f"{figure:,}" for figure in figures))
    return table


def _issues_table(title: str, issues: "tuple[ImportIssue, ...]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    by_reason: dict[str, list[str]] = defaultdict(list)
    for issue in issues:
        by_reason[issue.reason].append(issue.entry)
    table = Table("entries", "reason", "for example", title=title, title_justify="left")
    for reason, entries in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        # a name may hold lone surrogates, which no terminal prints, and brackets, which rich reads
        shown = "\n".join(entries[:_EXAMPLES]).encode("utf-8", "backslashreplace").decode()
        table.add_row(f"{len(entries):,}", Text(reason), Text(shown))
    return table
