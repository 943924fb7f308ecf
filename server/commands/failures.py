"""The error that ends a command: one line of text and an exit code; and warnings."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import typer

USAGE = 2
FAILED = 1


class Failure(Exception):
    """A command cannot continue, for a reason that its user can correct; the text is one line."""

    def __init__(self, line: str, exit_code: int = FAILED) -> None:
        super().__init__(line)
        self.exit_code = exit_code


def warn_of(lines: Iterable[str]) -> None:
    """Print what has not followed a change that is done."""
    for line in lines:
        typer.echo(typer.style(f"Warning: {line}", fg="yellow"), err=True)


def of_database(error: Exception) -> str | None:
    """One line about an error of the database, with what its operator can do; None for others.

    It does not say what the command has committed before.
    """
    from db.postgres import errors

    if isinstance(error, errors.CommitLost):
        return "DATABASE_URL: the connection was lost during a commit, which may have taken place"
    if errors.is_read_only(error):
        return "DATABASE_URL: the database is read-only"
    if errors.is_disk_full(error):
        return "DATABASE_URL: the database has no space left on its disk"
    if errors.is_unavailable(error):
        return "DATABASE_URL: the database does not answer"
    if errors.is_without_schema(error):
        return "The database is empty or older than this release: run `registry migrate`"
    return None


@contextmanager
def stopping_after(done: Callable[[], str]) -> Iterator[None]:
    """Let a failure of the block, which commits more than once, say first what is `done()`."""
    from db.postgres import errors
    from domain.problems import Refused

    try:
        yield
    except Refused as refusal:
        raise Failure(f"{done()}: {refusal}") from refusal
    except Exception as error:
        if not errors.is_of_database(error):
            raise
        raise Failure(f"{done()}: {of_database(error) or errors.reason(error)}") from error
