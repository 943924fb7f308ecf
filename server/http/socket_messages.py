"""Messages of clients on a WebSocket, and how a socket ends."""

from collections.abc import Mapping
from typing import Any

from server.errors import HttpError
from server.execution import parameters
from server.http.socket_protocol import STOPPING
from server.ops import refused


class ProtocolError(Exception):
    """A client broke the protocol; the socket is closed with this code and reason.

    `counted` is the reason under which it is counted, where the code does not say it.
    """

    def __init__(self, code: int, reason: str, counted: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.counted = counted or refused.of_close_code(code)


class ServerStops(Exception):
    """The server stops, and with it the socket."""


def decoded(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message of the client as an object with a type; raises ProtocolError and ServerStops."""
    if STOPPING in message:
        raise ServerStops
    text = message.get("text")
    if text is None:
        raise ProtocolError(4400, "A message must be text")
    try:
        value = parameters.decode_json(text.encode(), "The message")
    except HttpError:
        raise ProtocolError(4400, "A message must be JSON of few levels") from None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise ProtocolError(4400, "A message must be an object with a type")
    return value


def credential(message: dict[str, Any]) -> bytes:
    """The credential in the payload of connection_init, under `authorization` in any case."""
    payload = message.get("payload")
    if not isinstance(payload, dict):
        return b""
    for name, value in payload.items():
        if name.lower() == "authorization" and isinstance(value, str):
            return value.encode()
    return b""


def id_of(message: dict[str, Any]) -> str:
    """The id of the operation that a message is about; raises ProtocolError."""
    key = message.get("id")
    if not isinstance(key, str) or not key:
        raise ProtocolError(4400, "The message needs an id")
    return key
