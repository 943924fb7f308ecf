"""The error that ends a command: one line of text and an exit code; and warnings."""

from collections.abc import Iterable

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
