"""What a person at the terminal reads."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

_WIDTH = 140  # where there is no terminal


def say(line: str) -> None:
    """One line of progress, on stderr: stdout is for the table."""
    print(line, file=sys.stderr, flush=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of cells; all columns but the first hold figures."""
    made = Table(*columns, title=title, title_justify="left", title_style="bold")
    for column in made.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for row in rows:
        made.add_row(*row)
    _console().print(made)


def note(text: str) -> None:
    """Print what a table's columns mean."""
    _console().print(text, style="dim")


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)
