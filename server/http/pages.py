"""The pages for browsers that `ui/` builds, and the files that they load.

The build writes them from npm packages into `server/static/ui/`, which is a part of the wheel. In a
checkout without that build, each page says how to build it.
"""

from os import PathLike, stat_result
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.http import accept

FILES = Path(__file__).parents[1] / "static" / "ui"  # `outDir` in ui/vite.config.ts
ASSETS_PATH = "/static/ui/assets"  # `base` in ui/vite.config.ts
DOCUMENTS = "documents.json"  # the manifest of the dashboard's documents, for the server alone
_CODING, _SUFFIX = "gzip", ".gz"  # of the files that the build compresses: ui/compressed.ts
_NO_DEVICES = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)


def headers(policy: str) -> dict[str, str]:
    """The headers of a page with this Content-Security-Policy."""
    return {
        "Content-Security-Policy": policy,
        "Permissions-Policy": _NO_DEVICES,
        "Cross-Origin-Opener-Policy": "same-origin",
        "cache-control": "no-cache",  # it names the assets of the current build
    }


class _Assets(StaticFiles):
    """Built files. Their names contain a hash of their content: clients may cache them forever."""

    async def check_config(self) -> None:
        """No check: the folder may be missing, and may be built while the server runs."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file; in its compressed form, if there is one and the client accepts it."""
        if path.endswith(_SUFFIX):
            raise HTTPException(404)
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
        if accept.coding(accepted, (_CODING,))[0]:
            try:
                return await super().get_response(path + _SUFFIX, scope)
            except HTTPException as error:
                if error.status_code != 404:
                    raise
        return await super().get_response(path, scope)

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["Vary"] = "Accept-Encoding"
        if str(full_path).endswith(_SUFFIX):
            response.headers["Content-Encoding"] = _CODING
        return response


def routes(files: Path = FILES) -> list[BaseRoute]:
    """The files that the pages load; each is a 404 when the pages were not built."""
    assets = _Assets(directory=files / "assets", check_dir=False)
    return [Mount(ASSETS_PATH, assets, name="assets")]
