"""Errors of an operation, with a code in `extensions.code`."""

from graphql import GraphQLError

BAD_USER_INPUT = "BAD_USER_INPUT"
BAD_CURSOR = "BAD_CURSOR"
LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
NOT_FOUND = "NOT_FOUND"
UNAVAILABLE = "UNAVAILABLE"
UNAUTHENTICATED = "UNAUTHENTICATED"
FORBIDDEN = "FORBIDDEN"
RATE_LIMITED = "RATE_LIMITED"

MESSAGE_LENGTH_MAX = 240  # characters
_CUT = " … "


class RequestError(GraphQLError):
    """An error that the caller can correct; only its message is sent to clients unmasked."""

    def __init__(self, message: str, code: str = BAD_USER_INPUT) -> None:
        super().__init__(message, extensions={"code": code})


def shortened(message: str) -> str:
    """The message without its middle if it is long, as when it quotes a client's text."""
    if len(message) <= MESSAGE_LENGTH_MAX:
        return message
    half = (MESSAGE_LENGTH_MAX - len(_CUT)) // 2
    return message[:half] + _CUT + message[-half:]
