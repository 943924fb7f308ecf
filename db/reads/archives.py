"""Archives in SQL: what the registry records of the objects in cold storage."""

from collections.abc import AsyncIterator
from uuid import UUID

from archive.verify import ArchivedVersion
from db.postgres.reader import Source
from db.reads import versions

_BATCH = 500  # versions read at once


async def archived_versions(source: Source) -> AsyncIterator[ArchivedVersion]:
    """Every ARCHIVED version, in the order of the ids."""
    last = UUID(int=0)
    while rows := await versions.archived_after(source, last, _BATCH):
        for row in rows:
            uri, digest, size_bytes = row.archive_uri, row.archive_hash, row.archive_size_bytes
            yield ArchivedVersion(
                row.id, row.content_hash, uri or "", digest or "", size_bytes or 0
            )
        last = rows[-1].id
