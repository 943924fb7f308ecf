"""`registry token`: issues, lists, rotates and revokes tokens; also the first one."""

import re
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import typer

from domain import rules
from domain.access import GRACE_MINUTES_MAX, TOKENS_FRESH_S, Role
from server.commands import users
from server.commands.databases import with_registry
from server.commands.failures import USAGE, Failure

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from uuid import UUID

    from archive.store import ArchiveStore
    from db.postgres.engine import Database
    from db.reads.tokens import TokenFacts
    from db.tables import Token
    from domain.problems import Refused

T = TypeVar("T")
Change: TypeAlias = Callable[["Database", Any], Awaitable[T]]

app = typer.Typer(help="Issue, list, rotate and revoke tokens for the API.", no_args_is_help=True)

Name = Annotated[str, typer.Option("--name", help="The token's name.")]


@app.command()
def create(
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="What its bearers may do.")],
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires",
            help="When it stops being valid: 90d, 2027-01-01 or 2027-01-01T12:00:00Z; in UTC"
            " without an offset. By default, never.",
        ),
    ] = None,
) -> None:
    """Issue a token: its secret, alone, on standard output; it can never be read again."""
    from db.writes import tokens

    expires_at = _time(expires) if expires is not None else None
    _check_name(name)

    async def change(database: "Database", session: Any) -> "tokens.IssuedToken":
        return await tokens.create(session, name, role, expires_at)

    created = _changed(change)
    until = "" if expires_at is None else f" until {_shown(expires_at)}"
    typer.echo(f"Created the token {name} with the role {role}{until}", err=True)
    typer.echo(created.secret)


@app.command("list")
def list_tokens(
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """All tokens by name, without secrets, also those that are revoked or expired."""
    import orjson

    rows = _with_database(_facts)
    if json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    shown = [[str(value) if value is not None else "-" for value in row.values()] for row in rows]
    heads = ["NAME", "ROLE", "PREFIX", "STATE", "CREATED", "EXPIRES", "ROTATED", "REVOKED", "USED"]
    widths = [max(map(len, column)) for column in zip(heads, *shown, strict=True)]
    for cells in (heads, *shown):
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())


@app.command()
def rotate(
    name: Name,
    grace: Annotated[
        int,
        typer.Option(
            "--grace-minutes",
            min=0,
            max=GRACE_MINUTES_MAX,
            help="For how many minutes the secrets before are valid, at most.",
        ),
    ] = 60,
) -> None:
    """Give a token another secret: alone, on standard output; it can never be read again."""
    from db.writes import tokens

    async def change(database: "Database", session: Any) -> "tokens.IssuedToken":
        return await tokens.rotate(session, await _key(database, name), timedelta(minutes=grace))

    rotated = _changed(change)
    line = f"Rotated the token {name}; the secret before is valid for {grace} minutes"
    typer.echo(
        line if grace else f"Rotated the token {name}; the secret before has ended", err=True
    )
    typer.echo(rotated.secret)


@app.command()
def revoke(name: Name) -> None:
    """Revoke a token for ever: no server accepts it any more."""
    from db.writes import tokens

    async def change(database: "Database", session: Any) -> "Token":
        return await tokens.revoke(session, await _key(database, name))

    _changed(change, tokens.REVOKED)
    typer.echo(f"Revoked the token {name}", err=True)


def _changed(change: "Change[T]", action: str = "") -> T:
    """The result of a change in a transaction, once every server knows of it; raises Failure."""
    from asyncio import sleep
    from functools import partial

    from db.writes import transactions
    from domain.problems import Refused

    async def run(database: "Database") -> T:
        work = partial(change, database)
        try:
            changed = await transactions.run(database, work, users.actor(), action=action)
        except Refused as refusal:  # perhaps of a token that was revoked just before
            await sleep(TOKENS_FRESH_S)
            raise Failure(_line(refusal)) from refusal
        await sleep(TOKENS_FRESH_S)
        return changed

    return _with_database(run)


def _with_database(act: "Callable[[Database], Coroutine[Any, Any, T]]") -> T:
    async def run(database: "Database", store: "ArchiveStore") -> T:
        return await act(database)

    return with_registry(run)


async def _key(database: "Database", name: str) -> "UUID":
    from db.reads import tokens

    is_name = rules.token_name(name) is None
    found = (await tokens.by_names(database.reader, [name])).get(name) if is_name else None
    if found is None:
        raise Failure(f"--name: no token has the name {name!r}", USAGE)
    return found.id


async def _facts(database: "Database") -> list[dict[str, str | None]]:
    """What is known of each token, by name."""
    from db.reads import tokens

    now = datetime.now(UTC)
    return [_shown_facts(facts, now) for facts in await tokens.all_facts(database.reader)]


def _shown_facts(facts: "TokenFacts", now: datetime) -> dict[str, str | None]:
    times = {
        "createdAt": facts.created_at,
        "expiresAt": facts.expires_at,
        "rotatedAt": facts.rotated_at,
        "revokedAt": facts.revoked_at,
        "lastUsedAt": facts.last_used_at,
    }
    return {
        "name": facts.name,
        "role": facts.role.value,
        "prefix": facts.prefix,
        "state": facts.state(now),
        **{name: None if at is None else _shown(at) for name, at in times.items()},
    }


def _check_name(name: str) -> None:
    for problem in rules.breaches({"name": name}, {"name": rules.token_name}):
        raise Failure(f"--{problem.message}", USAGE)


def _time(text: str) -> datetime:
    """A number of days from now, a day or a time; raises Failure for any other text."""
    days = re.fullmatch(r"([0-9]{1,5})d", text, re.ASCII)
    if days is not None:
        return datetime.now(UTC) + timedelta(days=int(days[1]))
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = "--expires: must be days, a day or a time: 90d, 2027-01-01, 2027-01-01T12:00:00Z"
        raise Failure(message, USAGE) from None


def _line(refusal: "Refused") -> str:
    """The problems, with the options in place of the fields."""
    return "; ".join(
        problem.message.replace("expiresAt", "--expires") for problem in refusal.problems
    )


def _shown(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
