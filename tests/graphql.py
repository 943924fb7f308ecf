"""Runs documents against the real schema, and counts the SQL statements they take."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from strawberry import Schema
from strawberry.extensions import ParserCache, ValidationCache

import schema
from archive.store import ArchiveStore
from db.postgres.engine import Database
from domain.access import Identity, Role
from resolvers.context import Context
from resolvers.service import Limits, Service

_CACHE_MAX = 1_000
# Many tests run the same documents, and validating one takes longer than executing it: without
# these two extensions of Strawberry, parsing and validation were two thirds of the longest test
# module (tests/resolvers/writing/test_bad_input.py, 43 s of CPU).
SCHEMA: Schema = schema.build(
    [lambda: ParserCache(_CACHE_MAX), lambda: ValidationCache(_CACHE_MAX)]
)
CALLER = Identity("tests", Role.ADMIN)
SERVICE = Service(version="0.0.0", sdl=lambda: "", limits=Limits())


def context(db: Database, **given: Any) -> Context:
    """The context of an operation of an ADMIN."""
    return Context(db=db, service=SERVICE, **{"identity": CALLER, **given})


class GraphQL:
    """One caller of one database."""

    def __init__(self, db: Database, store: ArchiveStore | None = None) -> None:
        self.db = db
        self.store = store

    async def __call__(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation that must succeed."""
        result = await self._execute(document, variables)
        assert result.errors is None, [str(error) for error in result.errors]
        assert result.data is not None
        return result.data

    async def error(self, document: str, **variables: Any) -> tuple[str | None, str]:
        """The code and message of the first error of an operation that must fail."""
        result = await self._execute(document, variables)
        assert result.errors, result.data
        first = result.errors[0]
        return (first.extensions or {}).get("code"), first.message

    async def _execute(self, document: str, variables: dict[str, Any]) -> Any:
        surroundings = context(self.db, store=self.store)
        return await SCHEMA.execute(document, variable_values=variables, context_value=surroundings)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The SQL statements that the block sends, in order."""
        sent: list[str] = []

        def note(statement: str, _values: object) -> None:
            sent.append(statement)

        self.db.statement_listeners.append(note)
        try:
            yield sent
        finally:
            self.db.statement_listeners.remove(note)
