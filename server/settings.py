"""Everything that can be set from outside, in one frozen value."""

from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from croniter import croniter  # type: ignore[import-untyped]  # its stubs are a package of their own
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from archive import urls
from db.postgres.engine import PoolLimits
from resolvers.event_broker import EventBrokerLimits
from resolvers.service import Limits

PREFIX = "REGISTRY_"


def setting_name(field: str) -> str:
    """The environment variable that sets a field."""
    return "DATABASE_URL" if field == "database_url" else PREFIX + field.upper()


class Settings(BaseSettings):
    """The server's settings: environment variables, or lines of a `.env` file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_by_name=True,
    )

    database_url: str | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="`postgresql://` URL; without it an embedded PostgreSQL is started.",
    )
    data_dir: Path = Field(Path(".registry"), description="Where the embedded PostgreSQL lives.")
    archive_url: str | None = Field(
        None,
        description="Where archives are kept: `file:///folder` or `s3://bucket/prefix`; without it"
        " `archives` in the data directory.",
    )
    archive_storage_class: str = Field(
        "GLACIER_IR",
        pattern="^[A-Z][A-Z_]*$",
        description="S3 storage class of new archives; GLACIER and DEEP_ARCHIVE take hours back.",
    )
    jobs: bool = Field(
        True, description="Run background jobs in the server; `off` leaves them to others."
    )
    retention_cron: str = Field(
        "0 3 * * *", description="When retention runs, as cron has it, in UTC."
    )
    first_catalog: Literal["genai-prices", "none"] = Field(
        "genai-prices", description="What a new, empty registry is filled with."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8003, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    allow_open: bool = Field(
        False,
        description="Serve without access control on an address that others can reach.",
    )
    workers: int = Field(1, ge=1, le=64, description="Server processes.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="`auto` is text on a terminal and JSON elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important line that is logged."
    )
    shutdown_timeout_s: int = Field(
        10, ge=0, description="How long a stop waits for requests in flight."
    )
    read_connections_max: int = Field(
        6, ge=1, description="Connections for reads, at most, per process."
    )
    write_connections_max: int = Field(
        12, ge=0, description="Connections for writes, at most, per process."
    )
    connection_wait_s: float = Field(
        5, gt=0, description="How long a request waits for a connection."
    )
    prepared_statements: bool = Field(
        True, description="Prepare statements; `false` behind PgBouncer in transaction mode."
    )
    statement_timeout_ms: int = Field(5_000, ge=1, description="Longest SQL statement.")
    operation_timeout_ms: int = Field(5_000, ge=1, description="Longest GraphQL operation.")
    concurrency_max: int = Field(
        256, ge=1, description="GraphQL requests at once, per process; more are answered 503."
    )
    body_bytes_max: int = Field(262_144, ge=1, description="Largest request body.")
    document_tokens_max: int = Field(2_000, ge=1, description="Tokens in a GraphQL document.")
    document_cache_bytes_max: int = Field(
        8_388_608,
        ge=0,
        description="Memory for parsed documents, and as much again for their plans, per process.",
    )
    compiled_plans: bool = Field(
        True, description="Answer by compiled plans; `false` leaves all to graphql-core, slower."
    )
    response_cache_bytes_max: int = Field(
        6_291_456,
        ge=0,
        description="Memory for answers given again while the registry is unchanged; 0: none.",
    )
    depth_max: int = Field(12, ge=1, description="Levels of nested fields.")
    aliases_max: int = Field(30, ge=0, description="Aliases in an operation.")
    root_fields_max: int = Field(10, ge=1, description="Root fields of a query.")
    mutation_root_fields_max: int = Field(5, ge=1, description="Root fields of a mutation.")
    directives_max: int = Field(20, ge=0, description="Directives in an operation.")
    nodes_max: int = Field(
        10_000, ge=1, description="Objects an operation may ask for: the product of its page sizes."
    )
    page_size_max: int = Field(100, ge=1, le=1_000, description="Largest `first` or `last`.")
    input_list_max: int = Field(100, ge=1, description="Items of a list in the arguments.")

    sockets_max: int = Field(
        1_000, ge=0, description="WebSocket connections at once, per process; more are refused."
    )
    socket_operations_max: int = Field(
        100, ge=1, description="Operations at once on a WebSocket connection."
    )
    subscriptions_max: int = Field(
        1_000, ge=0, description="Subscriptions at once, per process, by WebSocket and SSE."
    )
    subscription_queue_max: int = Field(
        1_000, ge=1, description="Events that wait for a subscriber; with more, it lags."
    )
    subscription_lag_max_s: float = Field(
        10.0, ge=0, description="How long a subscriber may lag before it is ended with its cursor."
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, url: str | None) -> str | None:
        if url is not None:
            parts = urlsplit(url)
            if parts.scheme not in ("postgres", "postgresql"):
                raise ValueError("must begin with postgresql:// or postgres://")
            _ = parts.port  # raises ValueError when it is no port
        return url

    @field_validator("archive_url")
    @classmethod
    def _is_place(cls, url: str | None) -> str | None:
        if url is not None:
            urls.check(url)
        return url

    @field_validator("retention_cron")
    @classmethod
    def _is_cron(cls, line: str) -> str:
        if not croniter.is_valid(line):
            raise ValueError("must be five fields as cron has them")
        return line

    @property
    def archive_location(self) -> str:
        """The URL of cold storage."""
        return self.archive_url or (self.data_dir.expanduser().resolve() / "archives").as_uri()

    @property
    def limits(self) -> Limits:
        """What one request may ask for, as resolvers and `service.limits` know it."""
        return Limits(
            max_page_size=self.page_size_max,
            max_depth=self.depth_max,
            max_nodes=self.nodes_max,
            max_aliases=self.aliases_max,
            max_root_fields=self.root_fields_max,
            max_tokens=self.document_tokens_max,
            max_body_bytes=self.body_bytes_max,
            timeout_ms=self.operation_timeout_ms,
            max_directives=self.directives_max,
            max_input_list=self.input_list_max,
        )

    @property
    def event_broker_limits(self) -> EventBrokerLimits:
        """How many may follow live events, and how far behind they may be."""
        return EventBrokerLimits(
            subscribers_max=self.subscriptions_max,
            queue_max=self.subscription_queue_max,
            lag_max_s=self.subscription_lag_max_s,
        )

    @property
    def pool_limits(self) -> PoolLimits:
        """How many database connections to hold, and how long to wait."""
        return PoolLimits(
            size=self.read_connections_max,
            overflow=self.write_connections_max,
            wait_timeout_s=self.connection_wait_s,
            statement_timeout_ms=self.statement_timeout_ms,
            is_prepared=self.prepared_statements,
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def problems(error: ValidationError) -> list[str]:
    """One line a bad setting, each beginning with the variable's name."""
    return [_problem(str(item["loc"][0]), item["msg"], item["input"]) for item in error.errors()]


def _problem(field: str, message: str, given: object) -> str:
    name = field if field == "DATABASE_URL" else setting_name(field)
    # A database URL may hold a password.
    shown = "" if name == "DATABASE_URL" else f" (it is {given!r})"
    return f"{name}: {message.removeprefix('Value error, ')}{shown}"


def table() -> str:
    """The settings as a Markdown table, as it stands in README.md."""
    rows = [
        f"| `{setting_name(name)}` | {_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | what |", "|---|---|---|", *rows])


def _default(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            return f"`{value}`"
