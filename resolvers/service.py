"""The server's description of itself."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from domain.health import DEFAULT_RULES, HealthRules
from domain.retention import RECENT_TRAFFIC


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one operation."""

    max_page_size: int = 100
    max_depth: int = 12
    max_nodes: int = 10_000
    max_aliases: int = 30
    max_root_fields: int = 10
    max_tokens: int = 2_000
    max_body_bytes: int = 262_144
    timeout_ms: int = 5_000
    max_directives: int = 20
    max_input_list: int = 100
    max_head_bytes: int = 32_768
    max_head_lines: int = 100
    head_timeout_ms: int = 10_000
    max_connections: int = 2_000
    max_sockets_per_client: int = 200
    max_subscriptions_per_client: int = 250
    max_sockets_per_token: int = 500
    max_subscriptions_per_token: int = 500
    points_per_minute: int = 60_000
    gateway_points_per_minute: int = 6_000_000
    wrong_credentials_per_minute: int = 60
    max_socket_operations: int = 100
    max_socket_message_bytes: int = 65_536
    max_socket_messages_per_s: int = 500
    max_socket_bytes_per_s: int = 2_097_152
    max_mutation_fields: int = 5
    max_values: int = 100_000
    max_response_bytes: int = 8_388_608


@dataclass(frozen=True, slots=True)
class Service:
    """This server: its release, its schema in SDL, its limits, and its rules.

    Retention keeps a version that was called within `recent_traffic`. A route may be used for
    `route_ttl_seconds` at most. `outcomes` counts what this process has recorded, for metrics.
    """

    version: str
    sdl: Callable[[], str]
    limits: Limits
    health_rules: HealthRules = DEFAULT_RULES
    recent_traffic: timedelta = RECENT_TRAFFIC
    route_ttl_seconds: int = 10
    outcomes: Counter[str] = field(default_factory=Counter, compare=False)

    @property
    def schema_hash(self) -> str:
        """The SHA-256 of its SDL, in hexadecimal digits."""
        return sha256(self.sdl().encode()).hexdigest()
