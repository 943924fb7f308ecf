"""The server itself: build, schema, limits, and how far the registry has come."""

from db.reads import data_version
from resolvers.context import Info
from resolvers.service import Service


async def service(info: Info) -> Service:
    """Build, schema and limits of this server."""
    return info.context.service


async def revisions(info: Info, parents: list[Service]) -> list[int]:
    """The sequence number of the last committed change; moves with every write."""
    return [await data_version.revision(info.context.db.reader)] * len(parents)
