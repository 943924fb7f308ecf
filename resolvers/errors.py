"""Errors of an operation, with a code in `extensions.code`."""

from graphql import GraphQLError

BAD_USER_INPUT = "BAD_USER_INPUT"
BAD_CURSOR = "BAD_CURSOR"
LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
UNAVAILABLE = "UNAVAILABLE"


class RequestError(GraphQLError):
    """An error that the caller can correct; only its message is sent to clients unmasked."""

    def __init__(self, message: str, code: str = BAD_USER_INPUT) -> None:
        super().__init__(message, extensions={"code": code})
