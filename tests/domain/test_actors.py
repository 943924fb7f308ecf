"""The names of actors: their forms, safe characters and lengths."""

from collections.abc import Callable

import pytest

from domain import actors
from domain.actors import Actor


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        (actors.token("ci"), "token:ci"),
        (actors.oidc("auth0|5f7c8ec7"), "oidc:auth0|5f7c8ec7"),
        (actors.command("kim"), "cli:kim"),
        (actors.command("CORP\\kim"), "cli:CORP\\kim"),
        (actors.command(""), "cli:unknown"),
        (actors.catalog_import("genai-prices"), "import:genai-prices"),
        (actors.job("retention"), "job:retention"),
        (actors.ANONYMOUS, "anonymous"),
        (actors.oidc("a\nb c\x00\x1b[31m"), "oidc:a%0Ab%20c%00%1B[31m"),
        (actors.oidc("zoë"), "oidc:zo%C3%AB"),
        (actors.oidc("100%0A"), "oidc:100%250A"),
    ],
)
def test_a_name_is_its_form_and_what_it_is_about(actor: Actor, name: str) -> None:
    assert actor == name
    assert actors.is_actor(actor)


@pytest.mark.parametrize("make", [actors.token, actors.oidc, actors.command, actors.job])
def test_long_names_stay_apart(make: Callable[[str], Actor]) -> None:
    for letter in ("a", "\u2028"):
        first, second = make(letter * 10_000 + "1"), make(letter * 10_000 + "2")
        assert first != second
        assert max(len(first), len(second)) <= 262
        assert actors.is_actor(first)


@pytest.mark.parametrize(
    "name", ["", "retention", "kim", "cli:", "cli:a b", "job:a\n", "anonymous:a", "root:x"]
)
def test_any_other_name_is_none(name: str) -> None:
    assert not actors.is_actor(name)


def test_the_token_of_an_actor() -> None:
    assert actors.token_name(actors.token("ci")) == "ci"
    assert actors.token_name(actors.token("a b:c")) == "a b:c"
    assert actors.token_name(actors.oidc("token:ci")) is None
    assert actors.token_name("token") is None
