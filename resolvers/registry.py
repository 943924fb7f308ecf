"""The fields of the server: release, schema, limits, and the registry's revision."""

from db.reads import data_version
from resolvers.context import Info
from resolvers.service import Service


async def service(info: Info) -> Service:
    """This server: its release, schema and limits, and the registry's revision."""
    return info.context.service


async def revisions(info: Info, parents: list[Service]) -> list[int]:
    """The sequence number of the last committed change: it increases with every write.

    It is read before all other data of the query, so `registryChanged(after:)` continues from here:
    it delivers every change that the data may lack.
    """
    revision = info.context.revision
    if revision is None:
        revision = await data_version.revision(info.context.reader)
    return [revision] * len(parents)
