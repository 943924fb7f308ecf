"""Output for a person at the terminal."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

_WIDTH = 140  # columns, where the output is not a terminal


def progress(line: str) -> None:
    """Print a line of progress on stderr: stdout is for the tables."""
    print(line, file=sys.stderr, flush=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of cells; all columns but the first hold figures."""
    grid = Table(*columns, title=title, title_justify="left", title_style="bold")
    for column in grid.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for row in rows:
        grid.add_row(*row)
    _console().print(grid)


def note(text: str) -> None:
    """Print an explanation of a table's columns."""
    _console().print(text, style="dim")


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)
