"""What the registry has: IDs, names, revisions and cursors that generated operations can use."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import httpx

Row: TypeAlias = dict[str, Any]
Fetch: TypeAlias = Callable[[str], Row]  # the data of a query

_AGE_MAX_S = 2.0
_OLD = "orderBy: {field: CREATED_AT, direction: ASC}"
_MODEL = "edges { cursor node { id name revision aliases { name version { id } } } }"
_VERSION = (
    """edges { cursor node { id version contentHash number revision status model { name } } }"""
)
_BINDING = """edges { cursor node { id revision providerModelId region provider { slug }
    version { id } health { circuit { state } } prices(first: 3) {
    edges { cursor node { id scheduled } } } } }"""
_QUERIES = (
    f"{{ models(first: 25) {{ {_MODEL} }} old: models(first: 15, {_OLD}) {{ {_MODEL} }} }}",
    f"{{ versions(first: 50) {{ {_VERSION} }} old: versions(first: 30, {_OLD}) {{ {_VERSION} }}"
    f" archived: versions(first: 20, filter: {{statuses: [ARCHIVED]}}) {{ {_VERSION} }} }}",
    f"{{ bindings(first: 50) {{ {_BINDING} }} old: bindings(first: 30, {_OLD}) {{ {_BINDING} }} }}",
    """{ providers(first: 50) { edges { cursor node { id slug revision
            bindings(first: 1) { nodes { id } } } } }
        catalogs(first: 5) { edges { cursor node { id name
            entries(first: 5) { edges { cursor node { id } } } } } }
        auditEvents(first: 20) { edges { cursor node { id subjectId } } }
        viewer { tokens(first: 50) { edges { cursor node { id revokedAt } } } }
        retentionStats { lastRun { id } } retentionPlan(input: {}) { planHash } }""",
)
# `old` and `archived` have the rows of the field that was asked for under another name.
_RENAMED = {"old", "archived"}


@dataclass
class Rows:
    """Rows by the name of their connection, its cursors, all IDs, and the hash of a plan."""

    by_kind: dict[str, list[Row]] = field(default_factory=dict)
    cursors: dict[str, list[str]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    plan_hash: str = ""

    def add(self, value: Any, kind: str) -> None:
        """Take what is in a part of an answer; `kind` is the field that the part is of."""
        for name, inner in value.items() if isinstance(value, dict) else ():
            if name == "edges":
                for edge in inner:
                    self.by_kind.setdefault(kind, []).append(edge["node"])
                    self.cursors.setdefault(kind, []).append(edge["cursor"])
                    self.add(edge["node"], kind)
            elif name in ("id", "subjectId"):
                self.ids.append(inner)
            elif name == "planHash":
                self.plan_hash = inner
            else:
                self.add(inner, kind if name in _RENAMED else name)


def read(fetch: Fetch) -> Rows:
    """The rows of a registry at this moment."""
    rows = Rows()
    for query in _QUERIES:
        data = fetch(query)
        rows.add(data, next(iter(data)))
    return rows


def over_http(client: httpx.Client, url: str) -> Fetch:
    """Fetches from a server; raises AssertionError when it answers without data."""

    def fetch(query: str) -> Row:
        answer: Row = client.post(url, json={"query": query}).json()
        assert answer.get("data"), answer
        data: Row = answer["data"]
        return data

    return fetch


def kept_fresh(fetch: Fetch) -> Iterator[Rows]:
    """The rows, again and again; they are read anew when they are older than two seconds."""
    rows, until = Rows(), 0.0
    while True:
        if time.monotonic() > until:
            rows = read(fetch)
            until = time.monotonic() + _AGE_MAX_S
        yield rows
