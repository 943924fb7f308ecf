"""The example gateway in front of a real registry that executes its trusted documents only."""

from collections.abc import AsyncIterator

import httpx
import pytest

from examples.gateway.client import RegistryClient
from examples.gateway.transport import DOCUMENTS
from server import app
from server.settings import Settings
from tests.server.conftest import running

MODEL = "chat"


@pytest.fixture
async def registry(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the registry."""
    settings = Settings(_env_file=None, documents=DOCUMENTS, documents_only=True)
    async with running(app.build(settings, database_url)) as connected:
        yield connected


@pytest.fixture
def client(registry: httpx.AsyncClient) -> RegistryClient:
    """The generated client."""
    return RegistryClient("/graphql", registry)
