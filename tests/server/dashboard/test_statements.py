"""Each page of the dashboard opens with at most five SQL statements.

PAGES has the documents that a page sends when it is opened, and LATER those that it sends when
somebody asks for more; together they are all queries in ui/src.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from graphql import OperationType, validate
from graphql import parse as parsed

from tests.graphql import SCHEMA
from tests.server.dashboard.conftest import Dashboard
from tests.server.dashboard.pages import OPERATIONS, SOURCE, document, file_of

STATEMENTS_MAX = 5


class Opening(NamedTuple):
    """A document and the variables with which a page sends it.

    The value of a variable may be a function of the model that ModelPage shows, with the newest
    event of a provider as `newestEvent`.
    """

    name: str
    variables: dict[str, Any]


def _end_of(connection: str) -> Callable[[Any], str]:
    return lambda model: model[connection]["pageInfo"]["endCursor"]


def _first_of(connection: str) -> Callable[[Any], str]:
    return lambda model: model[connection]["nodes"][0]["id"]


MODEL = "gpt-4o"
COMPARED = [MODEL, "gpt-4o-mini", "claude-sonnet-4-5"]
COMPARISON = {"names": COMPARED, "bindings": {"routable": True}, "routable": True}
FILTER = {
    "nameContains": "gpt mini",
    "tasks": ["CHAT"],
    "providers": ["openai", "azure"],
    "inputPer1k": {"gte": "0.00001", "lte": "1"},
    "versionStatuses": ["ACTIVE"],
}
SEARCH = {
    "filter": FILTER,
    "orderBy": {"field": "INPUT_PER_1K", "direction": "ASC"},
    "first": 100,
}
COUNTED = {
    "filter": FILTER,
    **dict.fromkeys(("tasks", "providers", "capabilities", "regions", "statuses"), True),
}
PERIOD = {
    "from": (datetime.now(UTC) - timedelta(days=2)).isoformat(),
    "to": datetime.now(UTC).isoformat(),
    "step": "HOUR",
}
BY_NAME = {"field": "NAME", "direction": "ASC"}
ROUTE = {"model": {"name": MODEL}, "strategy": "CHEAPEST", "limit": 20}
NEEDS = {"routable": True, "capabilities": [], "contextWindow": {"gte": 1000}}
DAYS = {"gte": "2029-12-01", "lte": "2030-06-30"}
SINCE = {"gte": "2020-01-01T00:00:00Z"}
USAGE = {"inputTokens": 3000, "cacheReadTokens": 1000, "outputTokens": 500}


def _ids_of_the_log(model: Any) -> list[str]:
    """IDs of each kind that the audit page looks up."""
    version, binding = (model[kind]["nodes"][0]["id"] for kind in ("versions", "bindings"))
    return [version, binding, model["newestEvent"]["subjectId"]]


def _prices_now(model: Any) -> list[str]:
    prices = [binding["price"] for binding in model["bindings"]["nodes"]]
    return [price["id"] for price in prices if price is not None]


PAGES: dict[str, list[Opening]] = {
    "app": [Opening("AppFrame", {})],
    "audit": [Opening("AuditPage", {"first": 50})],
    "compare": [Opening("ComparePage", COMPARISON)],
    "model": [Opening("ModelPage", {"name": MODEL})],
    "models": [Opening("ModelsPage", SEARCH), Opening("ModelsFacets", COUNTED)],
    "prices": [Opening("PricesCheapest", {"first": 50, "filter": NEEDS, "usage": USAGE})],
    "prices?view=changes": [Opening("PricesChanges", {"first": 50, "filter": {"at": SINCE}})],
    "retention": [
        Opening("RetentionPage", {}),
        Opening("RetentionPlan", {"input": {}}),
    ],
    "retirements": [Opening("RetirementsPage", {"first": 50, "filter": {"on": DAYS}})],
    "overview": [
        Opening("OverviewPage", {"retireFrom": "2029-12-01", "retireTo": "2030-06-30"}),
    ],
    "routing": [Opening("RoutingPage", {"model": {"name": MODEL}})],
    "tokens": [Opening("TokensPage", {"first": 50})],
}
LATER = [
    Opening("AuditNames", {"ids": _ids_of_the_log}),
    Opening("AuditSingleEvent", {"id": lambda model: model["newestEvent"]["id"]}),
    Opening("ModelAliases", {"name": MODEL}),
    Opening("ModelBindingDetails", {"id": _first_of("bindings")}),
    Opening("ModelCatalogNames", {}),
    Opening("ModelCatalogs", {"name": MODEL}),
    Opening("ModelMoreBindings", {"name": MODEL, "after": _end_of("bindings")}),
    Opening("ModelMoreVersions", {"name": MODEL, "after": _end_of("versions")}),
    Opening("ModelPriceComponents", {"ids": _prices_now}),
    Opening("ModelPrices", {"name": MODEL}),
    Opening("ModelProviders", {}),
    Opening("ModelUsage", {"name": MODEL, **PERIOD}),
    Opening("ModelVersionDetails", {"id": _first_of("versions")}),
    Opening("ModelsCount", {"filter": FILTER}),
    Opening("ModelsPresent", {"ids": [], "first": 50, "orderBy": BY_NAME}),
    Opening("ModelPicker", {"text": "gpt"}),
    Opening(
        "PriceChange",
        {"binding": _first_of("bindings"), "since": SINCE["gte"], "before": PERIOD["to"]},
    ),
    Opening("RetentionArchives", {"first": 50}),
    Opening("RetentionHolds", {"first": 50}),
    Opening(
        "RetentionVersion",
        {"version": {"inModel": {"model": {"name": MODEL}, "select": {"latest": True}}}},
    ),
    Opening("RetentionVersions", {"model": {"name": MODEL}}),
    Opening("RoutingRoute", {"input": ROUTE}),
]
QUERIES = [name for name, node in OPERATIONS.items() if node.operation == OperationType.QUERY]


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_opens_with_few_statements(dashboard: Dashboard, page: str) -> None:
    for _ in range(2):  # the second time by compiled plans
        sent = []
        for opening in PAGES[page]:
            answer = await dashboard.ask(opening.name, opening.variables)
            assert any(answer.data.values()), opening
            sent += answer.statements
    assert 0 < len(sent) <= STATEMENTS_MAX, "\n\n".join(sent)


@pytest.mark.parametrize("later", LATER, ids=lambda opening: opening.name)
async def test_what_a_page_asks_later_takes_few_statements(
    dashboard: Dashboard, later: Opening
) -> None:
    page = await dashboard.ask("ModelPage", {"name": MODEL})
    log = await dashboard.ask("AuditPage", {"first": 1, "filter": {"kinds": ["PROVIDER"]}})
    model = {**page.data["model"], "newestEvent": log.data["auditEvents"]["nodes"][0]}
    given = {k: v(model) if callable(v) else v for k, v in later.variables.items()}
    for _ in range(2):
        answer = await dashboard.ask(later.name, given)
    assert any(answer.data.values())
    assert len(answer.statements) <= STATEMENTS_MAX, "\n\n".join(answer.statements)


def test_every_query_is_of_a_page() -> None:
    named = [opening.name for openings in (*PAGES.values(), LATER) for opening in openings]
    assert sorted(named) == sorted(QUERIES)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_document_is_valid_and_named_after_its_page(name: str) -> None:
    errors = validate(SCHEMA._schema, parsed(document(name)))
    assert errors == []
    file = file_of(name)
    page = file.parent.name if file.is_relative_to(SOURCE / "pages") else ""
    assert name.lower().startswith(page)
