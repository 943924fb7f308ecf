"""Q8: conditional GETs of a trusted document. A poll is a line: its target, a tab, and the ETag."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import orjson

from bench import heads

# the document that examples/gateway fetches its routes by
DOCUMENTS = Path(__file__).resolve().parent.parent / "examples" / "gateway" / "documents"
_DOCUMENT_ID, _OPERATION_NAME = "gateway", "CurrentRoute"
_HEADERS = {"accept": "application/json", "accept-encoding": "identity"}  # as in heads.py


def target(url: str, values: Mapping[str, Any]) -> str:
    """Path and query of a GET of the document with these variables."""
    query = {
        "documentId": _DOCUMENT_ID,
        "operationName": _OPERATION_NAME,
        "variables": orjson.dumps(values).decode(),
    }
    return f"{urlsplit(url).path}?{urlencode(query)}"


def data(url: str, values: Mapping[str, Any], token: str) -> Any:
    """The data of a GET without an ETag."""
    with _client(url, token) as client:
        return _fetched(client, target(url, values)).json()["data"]


def lines(url: str, targets: Iterable[str], token: str) -> list[str]:
    """A poll of each target, with the ETag of its response now; that poll is answered by 304."""
    found = []
    with _client(url, token) as client:
        for each in targets:
            etag = _fetched(client, each).headers["etag"]
            found.append(f"{each}\t{etag}")
        again = client.get(found[-1].split("\t")[0], headers={"if-none-match": etag})
    if again.status_code != httpx.codes.NOT_MODIFIED or again.content:
        raise SystemExit(f"{url} sends {again.status_code} to a poll, not 304 without a body")
    return found


def _client(url: str, token: str) -> httpx.Client:
    parts, headers = urlsplit(url), _HEADERS | heads.authorization(token)
    return httpx.Client(
        base_url=f"{parts.scheme}://{parts.netloc}", headers=headers, timeout=30, verify=False
    )


def _fetched(client: httpx.Client, path: str) -> httpx.Response:
    response = client.get(path)
    body = response.text
    if response.status_code != httpx.codes.OK or '"errors"' in body or '"route":null' in body:
        raise SystemExit(f"GET {path[:400]} fails with {response.status_code}:\n{body[:1_000]}")
    return response
