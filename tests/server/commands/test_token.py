"""`registry token` as a process: what it prints where, and what it refuses."""

import json
import re

import psycopg
import pytest

from db.postgres.engine import Database
from tests.server.access.test_sessions import VIEWER, post
from tests.server.commands import processes
from tests.server.conftest import Serving

SECRET = re.compile(r"mrk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}\n")


def registry(url: str, *arguments: str) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of `registry token`."""
    done = processes.registry("token", *arguments, DATABASE_URL=url)
    return done.returncode, done.stdout, done.stderr


async def test_the_life_of_a_token(serve: Serving, db: Database, database_url: str) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        return registry(database_url, *arguments)

    new = ("create", "--name", "ci", "--role", "EDITOR", "--expires", "90d")
    code, first, said = run(*new)
    assert (code, bool(SECRET.fullmatch(first))) == (0, True)
    assert re.fullmatch(r"Created the token ci with the role EDITOR until .*Z\n", said)
    code, second, said = run("rotate", "--name", "ci")
    assert (code, bool(SECRET.fullmatch(second))) == (0, True)
    assert said == "Rotated the token ci; the secret before is valid for 60 minutes\n"
    async with serve(require_tokens=True) as client:
        for secret in (first, second):
            viewer = (await post(client, secret.strip(), VIEWER))["viewer"]
            assert viewer["token"]["id"].startswith("tok_")
        code, listed, said = run("list", "--json")
        (token,) = json.loads(listed)
        known = {name: token[name] for name in ("name", "role", "state", "prefix")}
        prefix = first.split("_")[1]
        assert known == {"name": "ci", "role": "EDITOR", "state": "valid", "prefix": prefix}
        missing = {name for name, value in token.items() if value is None}
        assert missing == {"revokedAt", "lastUsedAt"}  # the server writes uses when it stops
        assert run("revoke", "--name", "ci") == (0, "", "Revoked the token ci\n")
        for secret in (first, second):
            headers = {"authorization": f"Bearer {secret.strip()}"}
            assert (await client.get("/graphql", headers=headers)).status_code == 401
    code, listed, _ = run("list")
    assert [line.split()[:4] for line in listed.splitlines()] == [
        ["NAME", "ROLE", "PREFIX", "STATE"],
        ["ci", "EDITOR", prefix, "revoked"],
    ]
    with psycopg.connect(database_url) as connection:
        query = "SELECT DISTINCT actor FROM audit_events WHERE kind = 'TOKEN'"
        ((actor,),) = connection.execute(query).fetchall()
        assert actor.startswith("cli:")
        query = "SELECT action FROM audit_events WHERE kind = 'TOKEN' ORDER BY sequence"
        actions = [action for (action,) in connection.execute(query)]
    assert actions == ["CREATED", "UPDATED", "REVOKED"]


def test_mistakes_are_one_line(db: Database, database_url: str) -> None:
    assert registry(database_url, "create", "--name", "ci", "--role", "READER")[0] == 0
    same = ("create", "--name", "ci", "--role", "READER")
    assert registry(database_url, "revoke", "--name", "ci")[0] == 0
    mistakes = {
        same: "a token of this name, valid or revoked, exists",
        (*same, "--expires", "soon"): "--expires: must be days, a day or a time",
        ("create", "--name", "A B", "--role", "READER"): "--name must be a lower-case letter",
        ("create", "--name", "x", "--role", "READER", "--expires", "2020-01-01"): (
            "--expires must be in the future"
        ),
        ("create", "--name", "x", "--role", "ROOT"): (
            "Invalid value for '--role': 'ROOT' is not one of"
        ),
        ("rotate", "--name", "nobody"): "--name: no token has the name 'nobody'",
        ("rotate", "--name", "ci"): "the token was revoked at ",
        ("revoke", "--name", "ci"): "the token was revoked at ",
        (
            "rotate",
            "--name",
            "ci",
            "--grace-minutes",
            "10081",
        ): "should be less than or equal to 10080",
        ("create", "--name", "x", "--role", "READER", "--expires", "99999d"): "Created",
    }
    for arguments, message in mistakes.items():
        code, printed, said = registry(database_url, *arguments)
        if message == "Created":
            assert (code, bool(SECRET.fullmatch(printed))) == (0, True)
            continue
        assert (code != 0, printed) == (True, ""), arguments
        assert message in said, said


@pytest.mark.parametrize("command", ["create", "list", "rotate", "revoke"])
def test_a_database_that_is_not_there_or_empty(empty_url: str, command: str) -> None:
    named = ("--name", "ci") if command != "list" else ()
    role = ("--role", "ADMIN") if command == "create" else ()
    code, printed, said = registry(empty_url, command, *named, *role)
    assert (code, printed) == (1, "")
    assert "The database is empty or older than this release: run `registry migrate`" in said
    gone = "postgresql://nobody@127.0.0.1:1/none"
    code, printed, said = registry(gone, command, *named, *role)
    assert (code != 0, printed) == (True, "")
    assert "DATABASE_URL: the database does not answer" in said
