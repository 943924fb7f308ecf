"""The settings of WebSockets and subscriptions."""

from server.settings_base import SettingsPart, setting


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
