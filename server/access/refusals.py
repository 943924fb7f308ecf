"""How a caller is refused that does not prove who it is.

Source: https://www.rfc-editor.org/rfc/rfc9728 (metadata of protected resources)
"""

from http import HTTPStatus

from resolvers.errors import UNAUTHENTICATED
from server.errors import HttpError

MISSING = "Bearer"
INVALID = 'Bearer error="invalid_token"'
METADATA_PATH = "/.well-known/oauth-protected-resource"


def unauthenticated(message: str, challenge: str = INVALID) -> HttpError:
    """The error of a request without a credential, or with one that proves nothing."""
    headers = {"www-authenticate": challenge, "cache-control": "no-store"}
    return HttpError(HTTPStatus.UNAUTHORIZED, message, UNAUTHENTICATED, headers)


def with_metadata(error: HttpError, resource: str | None) -> HttpError:
    """The error, whose challenge says where a client learns how to get a token of the issuer."""
    challenge = error.headers.get("www-authenticate")
    if resource is not None and challenge is not None:
        separator = "," if " " in challenge else ""
        url = f"{resource}{METADATA_PATH}"
        error.headers["www-authenticate"] = f'{challenge}{separator} resource_metadata="{url}"'
    return error
