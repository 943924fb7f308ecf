"""How a caller is refused that does not prove who it is."""

from http import HTTPStatus

from resolvers.errors import UNAUTHENTICATED
from server.errors import HttpError

MISSING = "Bearer"
INVALID = 'Bearer error="invalid_token"'


def unauthenticated(message: str, challenge: str = INVALID) -> HttpError:
    """The error of a request without a credential, or with one that proves nothing."""
    headers = {"www-authenticate": challenge, "cache-control": "no-store"}
    return HttpError(HTTPStatus.UNAUTHORIZED, message, UNAUTHENTICATED, headers)
