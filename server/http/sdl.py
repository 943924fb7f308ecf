"""The schema as a text in SDL, for tools that read it from a URL."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

PATH = "/schema.graphql"


@dataclass(frozen=True, slots=True)
class Sdl:
    """The endpoint `/schema.graphql`."""

    text: Callable[[], str]

    async def get(self, request: Request) -> Response:
        """The schema; 304 when the client has it."""
        body = self.text().encode()
        tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"etag": tag, "cache-control": "no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="text/plain; charset=utf-8", headers=headers)
