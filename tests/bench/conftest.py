"""A small filled database, which the tests of the measurements share."""

from collections.abc import Iterator

import pytest

from bench import data

BINDINGS = 2_400  # 60 models: more than two pages of them


@pytest.fixture(scope="session")
def filled_url(postgres_url: str) -> Iterator[str]:
    """The URL of a registry as `data.fresh` makes it, on the tests' own PostgreSQL."""
    with data.copied(postgres_url, BINDINGS) as url:
        yield url
