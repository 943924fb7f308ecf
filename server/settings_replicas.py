"""The settings of read replicas."""

from typing import Self

from pydantic import field_validator, model_validator

from db.postgres.urls import host_count
from db.postgres.urls import problem as url_problem
from db.reads.replicas import ReplicaLimits
from server.settings_base import SettingsPart, setting, setting_name


class ReplicaSettings(SettingsPart):
    """The part of the settings that is about read replicas."""

    database_replica_urls: str = setting(
        "",
        "`postgresql://` URLs of read replicas of the database, separated by commas; each leads to"
        " one server.",
        validation_alias="DATABASE_REPLICA_URLS",
    )
    replica_lag_max_s: float = setting(
        5,
        "Seconds that what a replica shows may be behind; one that is further behind is not read.",
        ge=1,
        le=3_600,
    )
    replica_wait_ms: int = setting(
        100,
        "Milliseconds that a read waits for a replica to have the revision that its header names;"
        " then the primary is read. 0 waits for none.",
        ge=0,
        le=5_000,
    )

    @field_validator("database_replica_urls")
    @classmethod
    def _are_postgres(cls, urls: str) -> str:
        for url in _listed(urls):
            problem = url_problem(url)
            if problem is not None or host_count(url) != 1:
                wanted = "must be URLs with one host each, separated by commas"
                raise ValueError(f"{wanted}; one of them {problem}" if problem else wanted)
        return urls

    @model_validator(mode="after")
    def _have_a_primary(self) -> Self:
        if self.replica_urls and not getattr(self, "database_url", None):
            name, needed = map(setting_name, ("database_replica_urls", "database_url"))
            raise ValueError(f"{name}: needs {needed}, the primary")
        return self

    @property
    def replica_urls(self) -> tuple[str, ...]:
        """The URL of each replica."""
        return _listed(self.database_replica_urls)

    @property
    def replica_limits(self) -> ReplicaLimits:
        """How far replicas may be behind, and how long a read waits for one."""
        return ReplicaLimits(self.replica_lag_max_s, self.replica_wait_ms / 1_000)


def _listed(urls: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, urls.split(","))))
