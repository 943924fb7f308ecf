"""Where operations read from, the primary or a replica, and the revision that responses state.

Its functions await futures only (server/execution/in_flight.py).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from graphql import OperationType

from db.postgres.reader import Reader
from db.postgres.replica_reader import ReplicaReader
from db.reads.data_version import DataVersion, ReadSource
from db.reads.replicas import Replicas
from resolvers.errors import UNAVAILABLE
from server.errors import code_of
from server.execution.in_flight import in_task
from server.execution.messages import GraphQLRequest, GraphQLResponse

REVISION = "registry-revision"

Body: TypeAlias = tuple[bytes, str]  # and the code of its first error
Run: TypeAlias = Callable[[Reader], Awaitable[Body]]


@dataclass(frozen=True, slots=True)
class Sources:
    """The primary, and the replicas if there are any."""

    primary: ReadSource
    replicas: Replicas | None = None

    async def of(self, request: GraphQLRequest) -> ReadSource:
        """What a request reads from: one source for all of its statements.

        A request that is not prepared yet is one whose response is cached: a query.
        """
        replicas, prepared = self.replicas, request.prepared
        if replicas is None or request.reads_primary:
            return self.primary
        if prepared is not None and (
            prepared.kind is not OperationType.QUERY or prepared.operation.is_personal
        ):
            return self.primary
        if request.revision is None:
            return replicas.source()
        found = replicas.source_with(request.revision)
        return await in_task(replicas.awaited(request.revision)) if found is None else found

    async def run(self, source: ReadSource, request: GraphQLRequest, run: Run) -> Body:
        """The body of a query that was run by a replica, or once more by another.

        When a replica fails, statements go on at the primary (db/postgres/replica_reader.py). When
        that is away as well, the query begins anew at the next replica.
        """
        try:
            body, code = await run(source.reader)
        except Exception as error:
            other = self._next(source, request) if code_of(error) == UNAVAILABLE else None
            if other is None:
                raise
            return await run(other.reader)
        other = self._next(source, request) if code == UNAVAILABLE else None
        return (body, code) if other is None else await run(other.reader)

    async def are_at(self, version: DataVersion, source: ReadSource) -> bool:
        """Whether what was read since the data version is of it, so that it may be cached.

        Without replicas it may be newer: nobody has seen more. With them, a cached response is also
        for requests that another server answers, and is stated to be of this version.
        """
        if self.replicas is None:
            return True
        return await source.data_versions.current() == version and not _is_ended(source)

    async def stated(
        self, request: GraphQLRequest, response: GraphQLResponse, source: ReadSource
    ) -> GraphQLResponse:
        """The response with a revision that has all that it shows or has written.

        Responses to mutations have it where there are replicas, and those to requests that name
        one. When it cannot be read, the response goes without: a committed write is never hidden.
        """
        prepared = request.prepared
        is_write = prepared is not None and prepared.kind is OperationType.MUTATION
        if request.revision is None and not (is_write and self.replicas is not None):
            return response
        try:
            version = await source.data_versions.current()
        except (Exception, asyncio.CancelledError):
            return response
        assert version is not None  # its batch has only this key
        return stating(response, version.revision)

    def _next(self, source: ReadSource, request: GraphQLRequest) -> ReadSource | None:
        """Another replica, when this one has failed."""
        if self.replicas is None or not _is_ended(source):
            return None
        other = self.replicas.source_with(request.revision or 0)
        return None if other is self.primary else other


def _is_ended(source: ReadSource) -> bool:
    """Whether it was a replica, and has failed: what was read since is of another server."""
    return isinstance(source.reader, ReplicaReader) and source.reader.is_ended


def stating(response: GraphQLResponse, revision: int) -> GraphQLResponse:
    """The response with the header that states a revision."""
    return response._replace(headers={**response.headers, REVISION: str(revision)})
