"""The settings of log lines: their form, their level, and which operations are slow."""

from typing import Literal

from server.settings_base import SettingsPart, setting


class LogSettings(SettingsPart):
    """The part of the settings that is about log lines."""

    log_format: Literal["auto", "json", "text"] = setting(
        "auto", "`json`, `text`, or `auto`: text on a terminal, JSON otherwise."
    )
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "Least severe level of the lines that are logged."
    )
    slow_operation_ms: int = setting(
        1_000,
        "Milliseconds from which on an operation is logged as slow, with its SQL statements and the"
        " plan of the slowest; 0 turns this off.",
        ge=0,
    )
