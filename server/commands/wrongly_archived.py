"""`registry retention wrongly-archived`: finds and restores versions that catalogs list."""

from typing import TYPE_CHECKING, Annotated

import typer

from server.commands import users
from server.commands.counted import counted
from server.commands.databases import with_registry
from server.commands.failures import Failure, stopping_after

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from archive.store import ArchiveStore
    from db.postgres.engine import Database
    from db.reads.wrongly_archived import WronglyArchived


def wrongly_archived(
    restore: Annotated[
        bool, typer.Option("--restore", help="Restore them, each in a transaction of its own.")
    ] = False,
) -> None:
    """Name the versions that retention archived although a catalog lists them; restore them.

    Earlier releases archived such versions, retention keeps them now. Exit code 1 when one cannot
    be restored; the others are restored.
    """

    async def do(database: "Database", store: "ArchiveStore") -> None:
        from db.reads.wrongly_archived import versions

        found = await versions(database.reader)
        for each in found:
            typer.echo(f"{each.model} {each.version}: listed in {', '.join(each.catalogs)}")
        typer.echo(f"{counted(len(found), 'version')} archived although a catalog lists them")
        if restore and found:
            await _restore_all(database, store, found)

    with_registry(do)


async def _restore_all(
    database: "Database", store: "ArchiveStore", found: "list[WronglyArchived]"
) -> None:
    from domain.problems import Refused

    restored = 0
    with stopping_after(lambda: f"Stopped after restoring {counted(restored, 'version')}"):
        for each in found:
            try:
                await _restore(database, store, each)
                restored += 1
            except Refused as refusal:
                typer.echo(f"{each.model} {each.version}: not restored: {refusal}", err=True)
    failed = len(found) - restored
    typer.echo(f"Restored {counted(restored, 'version')}")
    if failed:
        raise Failure(f"{counted(failed, 'version')} cannot be restored")


async def _restore(database: "Database", store: "ArchiveStore", found: "WronglyArchived") -> None:
    """What restoreVersion does; nothing when another call has deleted or restored the version."""
    from db.reads import versions
    from db.writes import archive, transactions
    from domain.enums import VersionStatus

    version = (await versions.by_ids(database.reader, [found.id])).get(found.id)
    if version is None or version.status != VersionStatus.ARCHIVED:
        return
    archived = await archive.read(store, version)
    await transactions.run(
        database, lambda session: archive.restore(session, version, None, archived), users.actor()
    )
