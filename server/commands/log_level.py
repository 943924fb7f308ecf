"""`registry log-level`: which log lines the running processes write."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from server.commands.failures import FAILED, Failure


class LevelOrReset(StrEnum):
    """A level, or the end of one."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    RESET = "reset"


def log_level(
    level: Annotated[
        LevelOrReset | None,
        typer.Argument(help="Least severe level to write, or `reset`; without it, show the level."),
    ] = None,
    minutes: Annotated[
        int, typer.Option(min=1, max=10_080, help="Minutes after which the settings hold again.")
    ] = 60,
) -> None:
    """Change the level of log lines of running servers and workers that use this data directory."""
    from server.ops import log_level as levels
    from server.settings import Settings
    from server.settings_base import setting_name

    settings = Settings()
    data_dir = settings.data_dir.expanduser()
    try:
        if level is LevelOrReset.RESET:
            levels.reset(data_dir)
        elif level is not None:
            levels.write(data_dir, level.value, minutes)
    except OSError as error:
        name = setting_name("data_dir")
        raise Failure(f"{name}: {data_dir} cannot be written: {error.strerror}", FAILED) from None
    override = levels.read(data_dir)
    if override is None:
        typer.echo(f"{settings.log_level}, as {setting_name('log_level')} says")
    else:
        until = datetime.fromtimestamp(override.until).astimezone().isoformat(timespec="seconds")
        typer.echo(
            f"{override.level} until {until}, in processes with the data directory {data_dir}"
        )
