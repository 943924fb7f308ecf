"""The rules of URLs: the schemes that each field may have, and what a URL holds."""

from collections.abc import Callable
from urllib.parse import urlsplit

from domain.json_values import is_storable

LENGTH_MAX = 2_048
WEB = ("https", "http")
ENDPOINT = (*WEB, "wss", "ws", "grpcs", "grpc")
ARTIFACT = (
    *WEB,
    *("s3", "gs", "az", "abfs", "abfss", "wasb", "wasbs", "adl", "oss", "cos", "r2"),
    *("hf", "oci", "docker", "file", "ftp", "sftp", "hdfs", "dbfs", "ipfs"),
    *("git", "git+https", "git+ssh", "ssh", "mlflow-artifacts", "models", "runs", "ollama"),
)
_NEED_NO_HOST = frozenset(("file", "hdfs", "dbfs", "models", "runs", "mlflow-artifacts", "ipfs"))


def url(schemes: tuple[str, ...], example: str) -> Callable[[str], str | None]:
    """An absolute URL with one of the schemes, without a password.

    The name of an object in a store may hold spaces, as stores take it as it is; the URL of a web
    server may not.
    """

    def rule(text: str) -> str | None:
        if len(text) > LENGTH_MAX:
            return f"must be at most {LENGTH_MAX} characters, not {len(text)}"
        return _characters(text) or _parts(text, schemes, example)

    return rule


def _characters(text: str) -> str | None:
    if not is_storable(text) or not text.replace(" ", "").isprintable():
        return "must not hold control characters, line breaks, NUL or lone surrogates"
    if text != text.strip():
        return "must not begin or end with a space"
    return None


def _parts(text: str, schemes: tuple[str, ...], example: str) -> str | None:
    absolute = f"must be an absolute URL, such as {example}"
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises ValueError when it is not a number
    except ValueError:
        return absolute
    if not parts.scheme:
        return absolute
    if parts.scheme not in schemes:
        return f"must begin with one of {', '.join(f'{scheme}:' for scheme in schemes)}"
    needs_host = parts.scheme not in _NEED_NO_HOST
    if not (parts.hostname if parts.scheme in ENDPOINT else parts.netloc or parts.path):
        return absolute
    if needs_host and not text[len(parts.scheme) :].startswith("://"):
        return absolute
    if " " in text and (parts.scheme in ENDPOINT or " " in parts.netloc):
        return "must not hold a space: write %20 in its place"
    if parts.password:
        return "must not hold a password: refer to secrets in credentialRef"
    return None
