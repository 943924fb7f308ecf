"""How operations travel: as trusted documents, over HTTP and server-sent events."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
from httpx_sse import SSEError, aconnect_sse
from pydantic import BaseModel, ValidationError

DOCUMENTS = Path(__file__).parent / "documents"
_OPERATION = re.compile(r"^(query|mutation|subscription) (\w+)", re.MULTILINE)
# Each operation's kind and document; the registry knows a document by the name of its file.
_KNOWN = {
    operation: (kind, file.stem)
    for file in DOCUMENTS.glob("*.graphql")
    for kind, operation in _OPERATION.findall(file.read_text("utf-8"))
}
_JSON = {"accept": "application/json"}
_SILENCE_S = 30.0  # the registry sends a comment each 12 s to a stream without events
_KEPT_MAX = 1_000
_PERMANENT = {"BAD_USER_INPUT", "NOT_FOUND", "DOCUMENT_NOT_TRUSTED"}

T = TypeVar("T", bound=BaseModel)


class Unreachable(Exception):
    """The registry gave no answer: whether a mutation took place is not known. Try again."""


class Refused(Exception):
    """The registry answered with an error that another try would not change."""


class Transport:
    """The base of the generated client: `execute` and `subscribe` are what it calls."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.not_modified = 0  # queries answered by 304, without a body
        self._url = url
        self._http = http
        self._revision = 0  # the newest that an answer has stated: no replica shows less after it
        self._kept: dict[str, tuple[str, Any]] = {}

    async def execute(self, operation: type[T], variables: Mapping[str, object]) -> T:
        """The result of a query or a mutation; raises Unreachable and Refused."""
        is_query = _KNOWN[operation.__name__][0] == "query"
        parameters = _parameters(operation, variables)
        try:
            body = await (self._get(parameters) if is_query else self._post(parameters))
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from None
        return _result(operation, body)

    async def subscribe(
        self, operation: type[T], variables: Mapping[str, object]
    ) -> AsyncIterator[T]:
        """The results of a subscription, until the stream ends; raises Unreachable and Refused."""
        parameters = _in_query_string(_parameters(operation, variables))
        timeout = httpx.Timeout(5.0, read=_SILENCE_S)
        try:
            async with aconnect_sse(
                self._http, "GET", self._url, params=parameters, timeout=timeout
            ) as source:
                async for event in source.aiter_sse():
                    if event.event == "next":
                        yield _result(operation, event.json())
                    elif event.event == "complete":
                        return
        except (httpx.HTTPError, SSEError, json.JSONDecodeError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from None

    async def _post(self, parameters: dict[str, Any]) -> Any:
        response = await self._http.post(self._url, json=parameters, headers=self._headers())
        self._take_revision(response)
        return response.json()

    async def _get(self, parameters: dict[str, Any]) -> Any:
        """The response; when it is as it was last time, the registry sends only its ETag."""
        request = self._http.build_request(
            "GET", self._url, params=_in_query_string(parameters), headers=self._headers()
        )
        etag, kept = self._kept.get(str(request.url), ("", None))
        if etag:
            request.headers["if-none-match"] = etag
        response = await self._http.send(request)
        self._take_revision(response)
        if response.status_code == httpx.codes.NOT_MODIFIED:
            self.not_modified += 1
            return kept
        body = response.json()
        if "etag" in response.headers:
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            self._kept[str(request.url)] = (response.headers["etag"], body)
        return body

    def _headers(self) -> dict[str, str]:
        return {**_JSON, "registry-revision": str(self._revision)}

    def _take_revision(self, response: httpx.Response) -> None:
        stated = response.headers.get("registry-revision", "0")
        self._revision = max(self._revision, int(stated))


def _parameters(operation: type[BaseModel], variables: Mapping[str, object]) -> dict[str, Any]:
    """A request by the id of a trusted document."""
    name = operation.__name__
    plain = {key: _plain(value) for key, value in variables.items()}
    return {"documentId": _KNOWN[name][1], "operationName": name, "variables": plain}


def _plain(value: object) -> object:
    """A variable as JSON has it; what was not set is left out, so that defaults hold."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return value


def _in_query_string(parameters: dict[str, Any]) -> dict[str, str]:
    variables = json.dumps(parameters["variables"], separators=(",", ":"))
    return {**parameters, "variables": variables}


def _result(operation: type[T], body: Any) -> T:
    """The data of a response; raises Refused for errors of the caller, Unreachable for others."""
    if not isinstance(body, dict):
        raise Unreachable("the response is not a JSON object")
    if errors := body.get("errors"):
        codes = {error.get("extensions", {}).get("code") for error in errors}
        kind = Refused if codes <= _PERMANENT else Unreachable
        raise kind("; ".join(error.get("message", "") for error in errors))
    try:
        return operation.model_validate(body.get("data") or {})
    except ValidationError as error:
        raise Refused(f"the client is older than the registry's schema: {error}") from None
