"""Reads the bytes of a catalog from a path or a URL, plain or gzipped, within limits."""

import zlib
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx

from catalogs.catalog import CatalogError
from domain.operations import outgoing_headers
from domain.secrets import scanner

BYTES_MAX = 64 * 1024 * 1024  # the whole LiteLLM map is 4 MB
TIMEOUT_S = 30.0
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WBITS = 16 + zlib.MAX_WBITS


def read(path_or_url: str) -> bytes:
    """The uncompressed content; raises CatalogError when it is missing, too large or broken."""
    if path_or_url.startswith(("http://", "https://")):
        content = _fetch(path_or_url)
    else:
        content = _open(Path(path_or_url))
    return _uncompressed(content) if content.startswith(_GZIP_MAGIC) else content


def address(path_or_url: str) -> str | None:
    """The URL without what may be a secret in it; None for a path."""
    try:
        parts = urlsplit(path_or_url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    host = parts.netloc.rpartition("@")[2]
    plain = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
    return urlunsplit((parts.scheme, host, parts.path, "", "")) if scanner.find(plain) else plain


def _open(path: Path) -> bytes:
    try:
        with path.expanduser().open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise CatalogError(f"{path}: {error.strerror}") from error
    except (RuntimeError, ValueError) as error:  # an unknown user's home, or NUL
        raise CatalogError(f"{str(path)!r}: {error}") from error
    return _bounded(content)


def _fetch(url: str) -> bytes:
    content = bytearray()
    try:
        with httpx.stream(
            "GET", url, headers=outgoing_headers(), timeout=TIMEOUT_S, follow_redirects=True
        ) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > BYTES_MAX:
                    break
    except httpx.HTTPStatusError as error:  # its own message has the URL with its password
        raise CatalogError(f"{address(url)}: status {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CatalogError(f"{address(url)}: {error or type(error).__name__}") from error
    return _bounded(content)


def _uncompressed(content: bytes) -> bytes:
    decompressor = zlib.decompressobj(_GZIP_WBITS)
    try:
        plain = decompressor.decompress(content, BYTES_MAX + 1)
    except zlib.error as error:
        raise CatalogError(f"it is not a complete gzip file: {error}") from error
    _bounded(plain)
    if not decompressor.eof:
        raise CatalogError("it is not a complete gzip file: it ends too early")
    return plain


def _bounded(content: bytes | bytearray) -> bytes:
    if len(content) > BYTES_MAX:
        raise CatalogError(f"it is larger than {BYTES_MAX // 1024 // 1024} MiB")
    return bytes(content)
