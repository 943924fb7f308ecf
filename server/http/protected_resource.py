"""How a client gets a token of the issuer: metadata by which the dashboard signs people in.

Anybody may read it, as it is for those who have no token yet.

Source: https://www.rfc-editor.org/rfc/rfc9728 (metadata of protected resources)
"""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from server.access.refusals import METADATA_PATH
from server.settings_base import is_loopback
from server.settings_oidc import OidcSettings

# Not of the RFC, which allows more members: the public client that pages in browsers are.
BROWSER_CLIENT_ID = "registry_browser_client_id"


def routes(settings: OidcSettings) -> list[BaseRoute]:
    """The path of the metadata; none without an issuer."""
    if settings.oidc_issuer is None:
        return []
    return [Route(METADATA_PATH, ProtectedResource(settings).get)]


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """The endpoint of the metadata."""

    settings: OidcSettings

    async def get(self, request: Request) -> Response:
        """The metadata, as JSON."""
        settings = self.settings
        body: dict[str, Any] = {
            "resource": settings.oidc_resource or _origin(request),
            "resource_name": "Model Registry",
            "authorization_servers": [settings.oidc_issuer],
            "scopes_supported": settings.oidc_browser_scope_list,
            "bearer_methods_supported": ["header"],
        }
        if settings.oidc_browser_client_id:
            body[BROWSER_CLIENT_ID] = settings.oidc_browser_client_id
        return JSONResponse(body, headers={"cache-control": "no-cache"})


def _origin(request: Request) -> str:
    """The origin that was asked: a proxy that takes https asks by http, and keeps the name."""
    scheme = "http" if is_loopback(request.url.hostname or "") else "https"
    return f"{scheme}://{request.url.netloc}"
