"""The settings of log lines: their form, their level, and which operations are slow; of metrics."""

from typing import Literal

from server.settings_base import SettingPath, SettingsPart, setting


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


class MetricsSettings(SettingsPart):
    """The part of the settings that is about metrics."""

    metrics_dir: SettingPath | None = setting(
        None,
        "Directory in which the processes of one server share their metrics: a scrape of any has"
        " the sums of all. `registry serve` makes one for itself when it has several workers.",
    )
    build_revision: str = setting(
        "", "Revision of the source that runs, which metrics show; an image's build may set it."
    )
