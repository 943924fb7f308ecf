"""A server process that the floods of a module share, one after the other."""

from collections.abc import Iterator

import pytest

from tests.db.clones import cloned
from tests.floods.harness import Server, served


@pytest.fixture(scope="module")
def server(
    postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server on an empty registry. Each flood is measured from where the one before left it."""
    with (
        cloned(postgres_url, template) as url,
        served(url, tmp_path_factory.mktemp("server")) as running,
    ):
        yield running
