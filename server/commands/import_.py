"""`registry import`: imports a catalog, or plans it, and reports what changes."""

from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from server.commands import databases, import_report
from server.commands.counted import counted
from server.commands.failures import USAGE, Failure, stopping_after, warn_of
from server.commands.progress import progress_bar
from server.setting_names import setting_name

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from rich.console import Console

    from catalogs.entry import SourceFile
    from catalogs.importing.plan import Options
    from catalogs.importing.report import Report
    from catalogs.synthetic import Added
    from db.postgres.engine import Database
    from server.settings import Settings

T = TypeVar("T")
_CHANGES = 2  # the exit code of a plan that has something to do

app = typer.Typer(help="Import a catalog of models, providers and prices.", no_args_is_help=True)


class OnDelisted(StrEnum):
    """What happens to a binding that no catalog lists any more."""

    KEEP = "keep"
    DISABLE = "disable"


Source = Annotated[str, typer.Argument(metavar="PATH|URL", help="JSON, may be gzipped.")]
Planned = Annotated[
    bool, typer.Option("--plan", help="Change nothing; exit code 2 when there is something to do.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")]
Force = Annotated[
    bool, typer.Option("--force", help="Take the catalogs' values where somebody edited them.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse a file with an entry that cannot be understood.")
]
Delisted = Annotated[
    OnDelisted, typer.Option("--on-delisted", help="For a binding that no catalog lists any more.")
]


@app.command("genai-prices")
def genai_prices_(
    plan: Planned = False,
    force: Force = False,
    on_delisted: Delisted = OnDelisted.KEEP,
    strict: Strict = False,
    json: Json = False,
) -> None:
    """Import the catalog that ships with the genai-prices package; needs no network."""
    from catalogs.sources import genai_prices

    _import(lambda: genai_prices.read(strict), _options(plan, force, on_delisted), json)


@app.command("litellm")
def litellm_(
    source: Source,
    plan: Planned = False,
    force: Force = False,
    on_delisted: Delisted = OnDelisted.KEEP,
    strict: Strict = False,
    json: Json = False,
) -> None:
    """Import a LiteLLM price map from a file or an http(s) URL."""
    from catalogs.sources import litellm

    _import(lambda: litellm.read(source, strict), _options(plan, force, on_delisted), json)


@app.command("models-dev")
def models_dev_(
    source: Source,
    plan: Planned = False,
    force: Force = False,
    on_delisted: Delisted = OnDelisted.KEEP,
    strict: Strict = False,
    json: Json = False,
) -> None:
    """Import models.dev from a file or an http(s) URL, in the form of its API's JSON."""
    from catalogs.sources import models_dev

    _import(lambda: models_dev.read(source, strict), _options(plan, force, on_delisted), json)


@app.command("synthetic")
def synthetic_(
    models: Annotated[int, typer.Option(min=1, max=1_000_000, help="Number of models.")] = 100,
    versions: Annotated[int, typer.Option(min=1, max=1_000, help="Number per model.")] = 5,
    bindings: Annotated[int, typer.Option(min=1, max=1_000, help="Number per version.")] = 4,
    seed: Annotated[int, typer.Option(help="The same seed gives the same content.")] = 1,
) -> None:
    """Add generated models, versions and bindings, labelled as synthetic."""
    from rich.console import Console

    console = Console()
    added = _run(lambda db: _load_synthetic(db, (models, versions, bindings), seed, console))
    import_report.print_added(console, added.rows)
    warn_of(added.warnings)


async def first_catalog(database: "Database", settings: "Settings") -> None:
    """Import the genai-prices catalog into a registry that never held data."""
    from catalogs.importing.run import was_used

    if not await was_used(database):
        from rich.console import Console

        from catalogs.importing.plan import Options
        from catalogs.sources import genai_prices  # 12 MB, which the process keeps

        file, names = genai_prices.read(), names_of_models(settings)
        report = await _load(database, file, names, Options(), Console(stderr=True))
        warn_of(report.warnings)


def _options(plan: bool, force: bool, on_delisted: OnDelisted) -> "Options":
    from catalogs.importing.plan import Options

    return Options(is_plan=plan, force=force, disable_delisted=on_delisted is OnDelisted.DISABLE)


def _import(read: "Callable[[], SourceFile]", options: "Options", json: bool) -> None:
    from rich.console import Console

    from catalogs.catalog import CatalogError
    from server.settings import Settings

    try:
        file = read()  # a faulty catalog fails before a database is started
    except CatalogError as error:
        raise Failure(f"Nothing was imported: {error}") from error
    aliases = names_of_models(Settings())
    progress = Console(stderr=True)
    report = _run(lambda db: _load(db, file, aliases, options, progress))
    if json:
        import_report.print_json(report)
    else:
        import_report.print_tables(Console(), report, is_plan=options.is_plan)
    warn_of(report.warnings)
    if options.is_plan and report.has_changes:
        raise typer.Exit(_CHANGES)


def _run(work: "Callable[[Database], Coroutine[Any, Any, T]]") -> T:
    from catalogs.importing.run import NotMigrated
    from server.settings import Settings

    settings = Settings()
    try:
        with databases.connectable(settings) as url:
            if settings.database_url is None:  # other databases are migrated by `registry migrate`
                databases.upgrade(url)
            return databases.with_database(url, work, settings.pool_limits)
    except NotMigrated as error:
        raise Failure(f"Nothing was imported: {error}; run `registry migrate` first") from error


def names_of_models(settings: "Settings") -> Mapping[str, str]:
    """Each name in the operator's file, and its canonical name; raises Failure at a fault."""
    from catalogs import aliases
    from catalogs.catalog import CatalogError

    try:
        return aliases.read(settings.catalog_aliases) if settings.catalog_aliases else {}
    except CatalogError as error:
        raise Failure(f"{setting_name('catalog_aliases')}: {error}", USAGE) from error


async def _load(
    database: "Database",
    file: "SourceFile",
    aliases: Mapping[str, str],
    options: "Options",
    console: "Console",
) -> "Report":
    from catalogs.importing.run import run

    verb = "Planning" if options.is_plan else "Importing"
    with progress_bar(console, f"{verb} {file.catalog}", "entries", len(file.entries)) as update:
        return await run(database, file, aliases, options, lambda done, _total: update(done))


async def _load_synthetic(
    database: "Database", sizes: tuple[int, int, int], seed: int, console: "Console"
) -> "Added":
    from catalogs import synthetic

    total, added = sizes[0] * sizes[1] * sizes[2], 0
    with progress_bar(console, "Adding synthetic data", "bindings", total) as update:

        def progress(done: int, _total: int) -> None:
            nonlocal added
            added = done
            update(done)

        def committed() -> str:
            bindings = f"{added:,} of {counted(total, 'binding')}"
            return f"Stopped after {bindings}, which stay; the same command adds the rest"

        with stopping_after(committed):
            return await synthetic.load(database, sizes, seed, progress)
