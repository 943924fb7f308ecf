"""A progress bar on the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from rich.console import Console


@contextmanager
def progress_bar(
    console: "Console", description: str, unit: str, total: int
) -> Iterator[Callable[[int], None]]:
    """Show a bar while the block runs; it gets a function to call with the number done so far."""
    from rich import progress as rich

    numbers = (rich.MofNCompleteColumn(), rich.TextColumn(unit), rich.TimeElapsedColumn())
    columns = (rich.TextColumn("{task.description}"), rich.BarColumn(), *numbers)
    with rich.Progress(*columns, console=console) as bar:
        task = bar.add_task(description, total=total)
        yield lambda done: bar.update(task, completed=done)
