"""`registry archive`: checks the archives in cold storage."""

from typing import TYPE_CHECKING, Annotated

import typer

from server.commands.counted import counted, counted_are
from server.commands.databases import with_registry
from server.commands.failures import Failure

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from rich.console import Console

    from archive.store import ArchiveStore
    from archive.verify import Report
    from db.postgres.engine import Database

_SHOWN = 50

app = typer.Typer(help="Check cold storage.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Without a callback, typer would make the only command the group itself."""


@app.command()
def verify(
    unreferenced: Annotated[
        bool, typer.Option("--unreferenced", help="List objects that no version refers to.")
    ] = False,
) -> None:
    """Read every archive; report missing and corrupt ones, with exit code 1."""
    from rich.console import Console

    console = Console()

    async def check(database: "Database", store: "ArchiveStore") -> None:
        from archive.verify import verify as verified
        from db.reads.archives import archived_versions
        from db.writes.archive_rows import rows_of

        report = await verified(store, archived_versions(database.reader), rows_of)
        _show(report, console, unreferenced)
        if report.problems:
            raise Failure(f"{counted(len(report.problems), 'archive')} cannot be restored")

    with_registry(check)


def _show(report: "Report", console: "Console", list_unreferenced: bool) -> None:
    if report.problems:
        from rich.table import Table

        table = Table("version", "archive", "problem")
        for faulty in report.problems[:_SHOWN]:
            table.add_row(faulty.version_id, faulty.uri, faulty.problem)
        console.print(table)
    console.print(
        f"{counted_are(report.sound, 'archive')} sound, {counted(report.size_bytes, 'byte')}."
    )
    if report.waiting:
        console.print(
            f"{counted_are(report.waiting, 'archive')} in a tier that takes hours:"
            " only the size is checked."
        )
    console.print(
        f"{counted_are(len(report.unreferenced), 'object')} not referenced by any version,"
        " which does no harm."
    )
    for digest in sorted(report.unreferenced) if list_unreferenced else ():
        console.print(f"  {digest}", highlight=False)
