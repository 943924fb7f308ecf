"""Failures of a whole request, told apart by `extensions.code`."""

from graphql import GraphQLError

BAD_USER_INPUT = "BAD_USER_INPUT"
BAD_CURSOR = "BAD_CURSOR"
LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
UNAVAILABLE = "UNAVAILABLE"


class RequestError(GraphQLError):
    """What the caller can mend; its text reaches the client, as no other exception's does."""

    def __init__(self, message: str, code: str = BAD_USER_INPUT) -> None:
        super().__init__(message, extensions={"code": code})
