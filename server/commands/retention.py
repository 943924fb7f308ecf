"""`registry retention`: shows or applies the retention plan."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from getpass import getuser
from itertools import count
from typing import TYPE_CHECKING, Annotated

import typer

from server.commands.counted import counted
from server.commands.databases import with_registry
from server.commands.failures import USAGE, Failure
from server.commands.progress import progress_bar

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from rich.console import Console

    from archive.store import ArchiveStore
    from db.postgres.engine import Database
    from db.reads.retention_plan import RetentionPlan, RetentionScope
    from db.writes.archive import ArchivingStep

_SHOWN = 40  # models in the table, so that the output and the memory stay small

app = typer.Typer(help="Archive old versions, and purge very old archives.", no_args_is_help=True)

ModelName = Annotated[str | None, typer.Option("--model", help="Only the model of this name.")]
Keep = Annotated[
    int | None,
    typer.Option(min=1, max=10, help="Versions to keep, instead of each model's number."),
]
Purge = Annotated[
    datetime | None,
    typer.Option("--purge-before", help="Purge versions archived before this time, in UTC."),
]


@dataclass(slots=True)
class Totals:
    """The sums of a plan over all models, and the plans of the first ones by name."""

    archive: int = 0
    purge: int = 0
    protected: int = 0
    models: int = 0
    shown: list[tuple[str, "RetentionPlan"]] = field(default_factory=list)


@app.command()
def plan(model: ModelName = None, keep: Keep = None, purge_before: Purge = None) -> None:
    """Show what `apply` would do; changes nothing."""
    from rich.console import Console

    console = Console()

    async def show(database: "Database", store: "ArchiveStore") -> None:
        _show(await _totals(database, await _scope(database, model, keep, purge_before)), console)

    with_registry(show)


@app.command()
def apply(
    model: ModelName = None,
    keep: Keep = None,
    purge_before: Purge = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Archive and purge, model by model; after an interruption, a second run does the rest."""
    from rich.console import Console

    console = Console()

    async def do(database: "Database", store: "ArchiveStore") -> None:
        scope = await _scope(database, model, keep, purge_before)
        totals = await _totals(database, scope)
        _show(totals, console)
        if totals.models == 0:
            return
        if not yes and not _is_confirmed():
            raise Failure("Nothing was done")
        await _apply(database, store, scope, totals.models, console)

    with_registry(do)


def _is_confirmed() -> bool:
    """The answer to the question; raises Abort at the end of input, and when stdin is closed."""
    try:
        return typer.confirm("Do this?")
    except (OSError, ValueError, RuntimeError, AttributeError) as error:
        raise typer.Abort from error


async def _apply(
    database: "Database",
    store: "ArchiveStore",
    scope: "RetentionScope",
    models: int,
    console: "Console",
) -> None:
    from db.writes import retention
    from db.writes.archive import ArchivingStep
    from domain.problems import Refused

    done = count(1)
    with progress_bar(console, "Applying retention", "models", models) as update:

        def on_step(step: "ArchivingStep") -> None:
            if step == ArchivingStep.AFTER_COMMIT:
                update(next(done))

        try:
            run = await retention.run(database, store, scope, getuser(), on_step)
        except Refused as refusal:
            raise Failure(f"Stopped; finished models stay archived: {refusal}") from refusal
    console.print(
        f"Archived {counted(run.archived, 'version')}, purged {run.purged:,}: {run.node_id}"
    )


async def _scope(
    database: "Database", model: str | None, keep: int | None, purge_before: datetime | None
) -> "RetentionScope":
    from db.reads import models
    from db.reads.retention_plan import RetentionScope
    from domain import rules

    before = purge_before.replace(tzinfo=UTC) if purge_before is not None else None
    if before is not None and before > datetime.now(UTC):
        raise Failure("--purge-before: must not be in the future", USAGE)
    if model is None:
        return RetentionScope(keep=keep, purge_before=before)
    is_name = rules.name(model) is None
    row = (await models.by_names(database.reader, [model])).get(model) if is_name else None
    if row is None:
        raise Failure(f"--model: no model has the name {model!r}", USAGE)
    return RetentionScope([row.id], keep, before)


async def _totals(database: "Database", scope: "RetentionScope") -> Totals:
    """Plans some models at a time, so that memory stays flat."""
    from db.reads import models, retention_plan
    from db.writes.retention import batches

    totals = Totals()
    async for batch in batches(database, scope):
        plan = await retention_plan.plan(database.reader, batch)
        totals.archive += len(plan.archive)
        totals.purge += len(plan.purge)
        totals.protected += len(plan.protected)
        model_ids = retention_plan.narrowed(batch, plan).model_ids or []
        totals.models += len(model_ids)
        shown = list(model_ids)[: _SHOWN - len(totals.shown)]
        rows = await models.by_ids(database.reader, shown)
        totals.shown += [(rows[key].name, plan.of_model(key)) for key in shown]
    return totals


def _show(totals: Totals, console: "Console") -> None:
    from rich.table import Table

    table = Table("model", "archive", "purge", "protected", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, part in totals.shown:
        reasons = ", ".join(sorted({each.because.value for each in part.protected}))
        protected = f"{len(part.protected)} ({reasons})" if reasons else ""
        table.add_row(name, f"{len(part.archive):,}", f"{len(part.purge):,}", protected)
    if totals.models > len(totals.shown):
        table.add_row(f"… and {counted(totals.models - len(totals.shown), 'more model')}")
    table.add_section()
    figures = (totals.archive, totals.purge, totals.protected)
    table.add_row(counted(totals.models, "model"), *(f"{figure:,}" for figure in figures))
    console.print(table)
