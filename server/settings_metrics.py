"""The settings of metrics."""

from server.settings_base import SettingPath, SettingsPart, setting


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
