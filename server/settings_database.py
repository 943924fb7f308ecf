"""The settings of the database: where it is, and what is in between."""

from pydantic import ValidationInfo, field_validator

from db.postgres import urls
from db.postgres.poolers import Pooler
from server.settings_base import SettingsPart, setting


class DatabaseSettings(SettingsPart):
    """The part of the settings that is about the way to PostgreSQL."""

    database_url: str | None = setting(
        None,
        "`postgresql://` URL, of one host or several; without it an embedded PostgreSQL runs in the"
        " data directory.",
        validation_alias="DATABASE_URL",
    )
    listen_url: str | None = setting(
        None,
        "`postgresql://` URL of PostgreSQL itself where `DATABASE_URL` leads to a pooler: for"
        " subscriptions, jobs, migrations and `registry psql`. By default `DATABASE_URL`.",
    )
    pooler: Pooler = setting(
        Pooler.NONE,
        "The mode of PgBouncer, or its like, where `DATABASE_URL` leads to one: `session` or"
        " `transaction`.",
    )
    prepared_statements: bool = setting(
        True,
        "Use prepared statements; `false` behind PgBouncer in transaction mode that is older than"
        " 1.22, or has `max_prepared_statements = 0`.",
    )

    @field_validator("database_url", "listen_url")
    @classmethod
    def _is_postgres(cls, url: str | None) -> str | None:
        if url is not None and (problem := urls.problem(url)) is not None:
            raise ValueError(problem)
        return url

    @field_validator("listen_url")
    @classmethod
    def _has_a_database(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is not None and info.data.get("database_url", "") is None:
            raise ValueError("needs DATABASE_URL, which names the same database")
        return url

    @property
    def can_listen(self) -> bool:
        """Whether LISTEN works: in a session of its own."""
        return self.listen_url is not None or self.pooler is not Pooler.TRANSACTION
