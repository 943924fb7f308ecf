"""A server on the catalog of a first start, which counts its SQL statements."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from catalogs.sources import genai_prices
from db.postgres.engine import Database
from server import app
from server.settings import Settings
from tests.db.clones import cloned
from tests.imports import import_file
from tests.server.conftest import running
from tests.server.dashboard.pages import document

_SETTINGS = {"jobs": False, "response_cache_bytes_max": 0}  # each answer is read from the database

# The catalog knows no ends: some versions and bindings get one, so that pages can show some.
_RETIRING = """
    UPDATE model_versions SET deprecated_on = '2030-01-01', sunset_on = '2030-06-01'
    WHERE id IN (SELECT id FROM model_versions ORDER BY id LIMIT 30);
    UPDATE provider_bindings SET sunset_on = '2030-03-01'
    WHERE id IN (SELECT id FROM provider_bindings ORDER BY id DESC LIMIT 30);
"""


class Answer(NamedTuple):
    """The data of an answer, and the SQL statements that it took."""

    data: dict[str, Any]
    statements: list[str]


class Dashboard:
    """A reader of the dashboard: asks for its documents by the names of their operations."""

    def __init__(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        self._client = client
        self._statements = statements

    async def ask(self, name: str, variables: dict[str, Any]) -> Answer:
        """The answer of a document that must succeed."""
        self._statements.clear()
        sent = {"query": document(name), "variables": variables}
        body = (await self._client.post("/graphql", json=sent)).json()
        assert "errors" not in body, (name, body["errors"])
        return Answer(body["data"], list(self._statements))


@pytest.fixture(scope="module")
async def dashboard(postgres_url: str, template: str) -> AsyncIterator[Dashboard]:
    """The dashboard of a registry that holds the catalog of a first start."""
    statements: list[str] = []

    def opened(*given: Any) -> Database:
        database = Database(*given)
        database.statement_listeners.append(lambda sql, _: statements.append(sql))
        return database

    with cloned(postgres_url, template) as url, pytest.MonkeyPatch.context() as patch:
        database = Database(url)
        await import_file(database, genai_prices.read())
        await database.close()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_RETIRING)
        patch.setattr(app, "Database", opened)
        settings = Settings(_env_file=None, **_SETTINGS)
        async with running(app.build(settings, url)) as client:
            yield Dashboard(client, statements)


@pytest.fixture(scope="module")
async def with_catalog(postgres_url: str, template: str) -> AsyncIterator[str]:
    """The name of a database that holds the catalog of a first start."""
    with cloned(postgres_url, template) as url:
        database = Database(url)
        await import_file(database, genai_prices.read())
        await database.close()  # a database with sessions is no template
        yield str(make_url(url).database)
