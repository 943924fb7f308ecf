"""A small filled database for the tests of the measurements."""

from collections.abc import Iterator

import pytest

from bench import data

BINDINGS = 2_400  # 60 models: more than two pages of them


@pytest.fixture(scope="session")
def filled_url(postgres_url: str) -> Iterator[str]:
    """The URL of a registry like that of `data.fresh`, on the tests' PostgreSQL."""
    with data.copied(postgres_url, BINDINGS) as url:
        yield url
