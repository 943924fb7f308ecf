"""The settings of the server: one frozen object, from environment variables."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import field_validator
from pydantic_settings import SettingsConfigDict

from archive import urls
from db.postgres.engine import PoolLimits
from resolvers.event_broker import EventBrokerLimits
from resolvers.service import Limits
from server.settings_access import AccessSettings, RateSettings
from server.settings_base import PREFIX, SettingPath, setting
from server.settings_database import DatabaseSettings
from server.settings_documents import DocumentSettings
from server.settings_health import HealthSettings, RouteSettings
from server.settings_http import HttpSettings, SocketSettings
from server.settings_logs import LogSettings, MetricsSettings
from server.settings_oidc import OidcSettings
from server.settings_replicas import ReplicaSettings


class Settings(
    AccessSettings,
    OidcSettings,
    RateSettings,
    HttpSettings,
    SocketSettings,
    DocumentSettings,
    HealthSettings,
    RouteSettings,
    ReplicaSettings,
    MetricsSettings,
    LogSettings,
    DatabaseSettings,  # the last one's fields are the first of the table
):
    """Environment variables, or lines of a `.env` file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    data_dir: SettingPath = setting(
        Path(".registry"), "Directory of the embedded PostgreSQL and, by default, of archives."
    )
    archive_url: str | None = setting(
        None,
        "Where archives are stored: `file:///folder` or `s3://bucket/prefix`; by default `archives`"
        " in the data directory.",
    )
    archive_storage_class: str = setting(
        "GLACIER_IR",
        "S3 storage class of new archives; reading GLACIER or DEEP_ARCHIVE takes hours.",
        pattern="^[A-Z][A-Z_]*$",
    )
    jobs: bool = setting(
        True, "Run background jobs such as retention; `false` leaves them to `registry worker`."
    )
    retention_cron: str = setting("0 3 * * *", "Schedule of retention: a cron expression, in UTC.")
    recent_traffic_days: int = setting(
        7,
        "Retention archives no version that was called in so many days; 0 lets it.",
        ge=0,
        le=365,
    )
    first_catalog: Literal["genai-prices", "none"] = setting(
        "genai-prices",
        "Catalog that `registry serve` imports into a new registry; `none` imports nothing.",
    )
    catalog_aliases: SettingPath | None = setting(
        None,
        "TOML file of names of models, as `canonical = [names]`, that imports regard as one model.",
    )
    host: str = setting(
        "127.0.0.1",
        "Address to listen on; one that other machines can reach needs `REGISTRY_REQUIRE_TOKENS` or"
        " `REGISTRY_ALLOW_OPEN`.",
    )
    port: int = setting(8003, "TCP port to listen on; 0 takes a free port.", ge=0, le=65_535)
    workers: int = setting(
        1, "Server processes; one per CPU core gives the most throughput.", ge=1, le=64
    )
    stall_timeout_s: float = setting(
        30,
        "Seconds that a process may stand still; then it ends, and another one takes its place. 0"
        " turns this off.",
        ge=0,
    )
    shutdown_timeout_s: int = setting(
        10,
        "Seconds that a stop waits for running requests before it cancels them; 5 s later the"
        " process ends, whatever still runs.",
        ge=0,
    )
    drain_s: float = setting(
        0,
        "Seconds between SIGTERM and the stop, in which `/readyz` is 503 and requests are answered:"
        " as long as a load balancer takes to notice. A second signal ends the wait.",
        ge=0,
        le=300,
    )
    read_connections_max: int = setting(6, "Database connections for reads, per process.", ge=1)
    write_connections_max: int = setting(
        12, "Database connections for writes, per process; at least 2 are used.", ge=0
    )
    connection_wait_s: float = setting(
        5, "Seconds that a request waits for a connection; then it fails with UNAVAILABLE.", gt=0
    )
    slow_connections_max: int = setting(
        2,
        "Read connections that statistics, plans, counts and text searches may use together, per"
        " process; one read connection is always left to others.",
        ge=1,
    )
    statement_timeout_ms: int = setting(
        4_500,
        "Milliseconds that an SQL statement may take; then it fails with TIMEOUT. Below the limit"
        " of an operation, a write that waits for a lock ends as NOT_COMMITTED.",
        ge=1,
    )
    operation_timeout_ms: int = setting(
        5_000,
        "Milliseconds that a query or mutation may take, and that its body may take to arrive; then"
        " it fails with TIMEOUT.",
        ge=1,
    )
    concurrency_max: int = setting(
        256, "GraphQL requests at the same time, per process; more get status 503.", ge=1
    )
    body_bytes_max: int = setting(
        262_144, "Bytes of a request body; a larger one gets status 413.", ge=1
    )
    document_tokens_max: int = setting(
        2_000, "Tokens of a GraphQL document; more fail with LIMIT_EXCEEDED.", ge=1
    )
    document_cache_bytes_max: int = setting(
        8_388_608, "Bytes of memory for parsed documents, and as many for plans, per process.", ge=0
    )
    compiled_plans: bool = setting(
        True, "Execute queries by compiled plans; `false` uses only graphql-core, which is slower."
    )
    response_cache_bytes_max: int = setting(
        6_291_456,
        "Bytes of memory for responses to repeated queries, and half as many for their compressed"
        " forms, per process. A response is valid until data changes; 0 turns the cache off.",
        ge=0,
    )
    depth_max: int = setting(
        12, "Levels of nested fields in an operation; more fail with LIMIT_EXCEEDED.", ge=1
    )
    aliases_max: int = setting(30, "Aliases in an operation; more fail with LIMIT_EXCEEDED.", ge=0)
    root_fields_max: int = setting(
        10, "Root fields of a query; more fail with LIMIT_EXCEEDED.", ge=1
    )
    mutation_root_fields_max: int = setting(
        5, "Root fields of a mutation; more fail with LIMIT_EXCEEDED.", ge=1
    )
    directives_max: int = setting(
        20, "Directives in an operation; more fail with LIMIT_EXCEEDED.", ge=0
    )
    nodes_max: int = setting(
        10_000, "Objects, as the product of the page sizes; more fail with LIMIT_EXCEEDED.", ge=1
    )
    values_max: int = setting(
        100_000,
        "Values (fields without subfields), as the product of the page sizes; more fail with"
        " LIMIT_EXCEEDED.",
        ge=1,
    )
    response_bytes_max: int = setting(
        8_388_608, "Bytes of a response's body; more fail with LIMIT_EXCEEDED.", ge=1_024
    )
    page_size_max: int = setting(
        100, "Largest `first` or `last`; more fail with BAD_USER_INPUT.", ge=1, le=1_000
    )
    input_list_max: int = setting(
        100, "Items of a list in the arguments; more fail with LIMIT_EXCEEDED.", ge=1
    )

    @field_validator("archive_url")
    @classmethod
    def _is_archive_url(cls, url: str | None) -> str | None:
        if url is not None:
            urls.check(url)
        return url

    @field_validator("retention_cron")
    @classmethod
    def _is_cron(cls, line: str) -> str:
        if line == cls.model_fields["retention_cron"].default:
            return line
        import croniter  # type: ignore[import-untyped]  # its stubs are a separate package

        if not croniter.croniter.is_valid(line):
            raise ValueError("must be a cron expression of five fields")
        return line

    @property
    def recent_traffic(self) -> timedelta:
        """Retention archives no version that was called within this time."""
        return timedelta(days=self.recent_traffic_days)

    @property
    def archive_location(self) -> str:
        """The URL of cold storage."""
        return self.archive_url or (self.data_dir.expanduser().resolve() / "archives").as_uri()

    @property
    def limits(self) -> Limits:
        """The limits of a request, for resolvers and for `service.limits`."""
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
            max_head_bytes=self.head_bytes_max,
            max_head_lines=self.head_lines_max,
            head_timeout_ms=round(1_000 * self.head_timeout_s),
            max_connections=self.connections_max,
            max_sockets_per_client=self.sockets_per_client_max,
            max_subscriptions_per_client=self.subscriptions_per_client_max,
            max_sockets_per_token=self.sockets_per_token_max,
            max_subscriptions_per_token=self.subscriptions_per_token_max,
            points_per_minute=self.points_per_minute,
            gateway_points_per_minute=self.gateway_points_per_minute,
            wrong_credentials_per_minute=self.wrong_credentials_per_minute,
            max_socket_operations=self.socket_operations_max,
            max_socket_message_bytes=self.socket_message_bytes_max,
            max_socket_messages_per_s=self.socket_messages_per_s,
            max_socket_bytes_per_s=self.socket_bytes_per_s,
            max_mutation_fields=self.mutation_root_fields_max,
            max_values=self.values_max,
            max_response_bytes=self.response_bytes_max,
        )

    @property
    def event_broker_limits(self) -> EventBrokerLimits:
        """The limits of subscriptions."""
        return EventBrokerLimits(
            subscribers_max=self.subscriptions_max,
            per_client_max=self.subscriptions_per_client_max,
            per_token_max=self.subscriptions_per_token_max,
            queue_max=self.subscription_queue_max,
            lag_max_s=self.subscription_lag_max_s,
        )

    @property
    def pool_limits(self) -> PoolLimits:
        """The limits of database connections."""
        return PoolLimits(
            read_connections_max=self.read_connections_max,
            write_connections_max=self.write_connections_max,
            slow_connections_max=self.slow_connections_max,
            result_bytes_max=self.response_bytes_max
            // 4,  # parsed, they take several times as much
            connection_wait_s=self.connection_wait_s,
            statement_timeout_ms=self.statement_timeout_ms,
            pooler=self.pooler,
            is_prepared=self.prepared_statements,
            has_replicas=bool(self.replica_urls),
        )
