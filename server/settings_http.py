"""The settings of connections: who may be named, what those of a process take, and WebSockets."""

import re

from pydantic import field_validator

from server.settings_base import SettingsPart, setting
from server.settings_browsers import BrowserSettings

ANY_HOST = "*"
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/@?#*\[\]]+)(:\d{1,5})?")  # with a port, perhaps


class HttpSettings(BrowserSettings):
    """The part of the settings that is about HTTP connections and the heads of requests."""

    allowed_hosts: str = setting(
        "",
        "Host names that requests may name, beside loopback names and the listening address:"
        " `registry.example.com, registry:8003`; without a port, any. `*` allows all, and needs"
        " `REGISTRY_REQUIRE_TOKENS=true` or `REGISTRY_ALLOW_OPEN=true`. Others get status 421.",
    )
    head_bytes_max: int = setting(
        32_768,
        "Bytes of a request's URL and headers together; more get status 431, or 414 for the URL.",
        ge=1_024,
    )
    head_lines_max: int = setting(
        100, "Header lines of a request; more get status 431.", ge=1, le=10_000
    )
    head_timeout_s: float = setting(
        10, "Seconds in which the head of a request must arrive; then it gets status 408.", gt=0
    )
    keep_alive_s: int = setting(
        75,
        "Seconds after which a connection without a request is closed. It must be longer than"
        " clients and load balancers keep one (often 60 s), or requests meet the close: a client"
        " sees a lost connection, a load balancer answers status 502.",
        ge=1,
        le=3_600,
    )
    connections_max: int = setting(
        2_000,
        "HTTP and WebSocket connections at the same time, per process; at most as many as the limit"
        " of open files allows. For a new one, the connection is closed that is idle longest.",
        ge=1,
    )
    received_bytes_max: int = setting(
        16_777_216,
        "Bytes of memory for requests that are not complete or wait for their turn, per process;"
        " with more, the oldest get status 503, or their connections are closed.",
        ge=1,
    )
    unsent_bytes_max: int = setting(
        33_554_432,
        "Bytes of memory for responses that clients do not read, per process; with more, the"
        " connections are closed that have not read for the longest time.",
        ge=1,
    )

    cache_max_age_s: int = setting(
        0,
        "Seconds for which a cache may use the response to a GET query without asking again; 0: it"
        " asks each time, with the ETag. A response can be out of date for as long; one that"
        " depends on outcomes is asked for each time.",
        ge=0,
        le=60,
    )

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, line: str) -> str:
        for host in filter(None, map(str.strip, line.split(","))):
            if host != ANY_HOST and not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no host name; write names without http:// and paths")
        return line

    @property
    def allowed_host_list(self) -> list[str]:
        """The host names of the setting, in lower case."""
        return [host.strip().lower() for host in self.allowed_hosts.split(",") if host.strip()]


class SocketSettings(SettingsPart):
    """The part of the settings that is about sockets and subscriptions."""

    sockets_per_client_max: int = setting(
        200,
        "WebSocket connections at the same time from one address, per process; more get"
        " status 429. Behind a proxy all clients have its address.",
        ge=1,
    )
    sockets_per_token_max: int = setting(
        500,
        "WebSocket connections at the same time with one token, per process; more are closed with"
        " code 4429.",
        ge=1,
    )
    subscriptions_per_client_max: int = setting(
        250,
        "Subscriptions at the same time from one address without a token, over WebSocket and SSE"
        " together, per process; more fail with LIMIT_EXCEEDED.",
        ge=1,
    )
    subscriptions_per_token_max: int = setting(
        500,
        "Subscriptions at the same time with one token, over WebSocket and SSE together, per"
        " process; more fail with LIMIT_EXCEEDED.",
        ge=1,
    )
    socket_message_bytes_max: int = setting(
        65_536,
        "Bytes of a WebSocket message; a socket that sends a larger one is closed with code 1009.",
        ge=1_024,
    )
    socket_messages_per_s: int = setting(
        500,
        "Messages, fragments and control frames a second on a WebSocket, over 2 s; a"
        " socket that sends more is closed with code 4429.",
        ge=1,
    )
    socket_bytes_per_s: int = setting(
        2_097_152,
        "Bytes a second that a client sends on a WebSocket, over 2 s; with more, the"
        " socket is closed with code 4429.",
        ge=65_536,
    )
    sockets_max: int = setting(
        1_000, "WebSocket connections at the same time, per process; more get status 503.", ge=0
    )
    socket_operations_max: int = setting(
        100, "Operations at the same time per WebSocket; more fail with LIMIT_EXCEEDED.", ge=1
    )
    subscriptions_max: int = setting(
        1_000, "Subscriptions at the same time, per process; more fail with LIMIT_EXCEEDED.", ge=0
    )
    subscription_queue_max: int = setting(
        1_000, "Events that can wait in the queue of a subscription; with more, it lags.", ge=1
    )
    subscription_lag_max_s: float = setting(
        10.0,
        "Seconds that a subscription may lag; then it ends, with a cursor to resume from.",
        ge=0,
    )
