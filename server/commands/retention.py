"""`registry retention`: shows or applies the retention plan."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from server.commands import users
from server.commands.counted import counted
from server.commands.databases import with_registry
from server.commands.failures import USAGE, Failure, stopping_after
from server.commands.progress import progress_bar
from server.commands.wrongly_archived import wrongly_archived

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from rich.console import Console

    from archive.store import ArchiveStore
    from db.postgres.engine import Database
    from db.reads.retention_plan import RetentionPlan, RetentionScope
    from db.writes.archive import ArchivingStep

app = typer.Typer(help="Archive old versions, and purge very old archives.", no_args_is_help=True)

app.command()(wrongly_archived)

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
    """The sums of a plan over all models; `models` counts those with something to do."""

    archive: int = 0
    purge: int = 0
    protected: int = 0
    models: int = 0


@app.command()
def plan(model: ModelName = None, keep: Keep = None, purge_before: Purge = None) -> None:
    """Name each version that `apply` would archive or purge, or that is protected, and why."""
    from rich.console import Console

    console = Console()

    async def show(database: "Database", store: "ArchiveStore") -> None:
        await _show(database, await _scope(database, model, keep, purge_before), console)

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
        totals = await _show(database, scope, console)
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

    done = 0
    with progress_bar(console, "Applying retention", "models", models) as update:

        def on_step(step: "ArchivingStep") -> None:
            nonlocal done
            if step == ArchivingStep.AFTER_COMMIT:
                done += 1
                update(done)

        def finished() -> str:
            models_done = f"{done:,} of {counted(models, 'model')}"
            return f"Stopped after {models_done}, which stay finished; a second run does the rest"

        with stopping_after(finished):
            run = await retention.run(database, store, scope, users.actor(), on_step)
    console.print(
        f"Archived {counted(run.archived, 'version')}, purged {run.purged:,}: {run.node_id}"
    )


async def _scope(
    database: "Database", model: str | None, keep: int | None, purge_before: datetime | None
) -> "RetentionScope":
    from db.reads import models
    from db.reads.retention_plan import RetentionScope
    from domain import rules
    from server.settings import Settings

    before = purge_before.replace(tzinfo=UTC) if purge_before is not None else None
    if before is not None and before > datetime.now(UTC):
        raise Failure("--purge-before: must not be in the future", USAGE)
    recent_traffic = Settings().recent_traffic
    if model is None:
        return RetentionScope(None, keep, before, recent_traffic)
    is_name = rules.name(model) is None
    row = (await models.by_names(database.reader, [model])).get(model) if is_name else None
    if row is None:
        raise Failure(f"--model: no model has the name {model!r}", USAGE)
    return RetentionScope([row.id], keep, before, recent_traffic)


async def _show(database: "Database", scope: "RetentionScope", console: "Console") -> Totals:
    """Print the plan and its sums; plans some models at a time, so that memory stays flat."""
    from db.reads import retention_plan
    from db.writes.retention import batches

    totals = Totals()
    async for batch in batches(database, scope):
        plan = await retention_plan.plan(database.reader, batch)
        totals.archive += len(plan.archive)
        totals.purge += len(plan.purge)
        totals.protected += len(plan.protected)
        totals.models += len(retention_plan.narrowed(batch, plan).model_ids or ())
        for line in await _lines(database, plan):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"To archive {totals.archive:,} and to purge {totals.purge:,}, in"
        f" {counted(totals.models, 'model')}; {totals.protected:,} protected",
        highlight=False,
    )
    return totals


async def _lines(database: "Database", plan: "RetentionPlan") -> list[str]:
    """A line for each version of the plan, sorted by model, latest version first."""
    from db.reads import models, versions

    planned = [(each.version_id, "archive", each.reason) for each in plan.archive]
    planned += [(each.version_id, "purge", each.reason) for each in plan.purge]
    planned += [
        (each.version_id, "keep", f"{each.reason} ({each.because})") for each in plan.protected
    ]
    rows = await versions.by_ids(database.reader, [version_id for version_id, *_ in planned])
    names = await models.by_ids(database.reader, list({row.model_id for row in rows.values()}))
    lines = [
        (names[row.model_id].name, -row.release_order, f"{what:<8}", row.version, why)
        for version_id, what, why in planned
        if (row := rows.get(version_id)) and row.model_id in names  # deleted meanwhile
    ]
    return [f"{what} {name} {version}: {why}" for name, _, what, version, why in sorted(lines)]
