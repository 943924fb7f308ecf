"""Which value of a catalog's entry belongs to which row and column, and its name in the API.

A merge writes the columns; an entry's differences are told from the same list. Both compare the
values as JSON: dates and enums as text, lists of enums without order.
"""

from typing import NamedTuple

from domain.audit_enums import EntityKind


class CatalogField(NamedTuple):
    """A value that an entry says.

    `said` is its name in catalogs.entry.Said, None for a value that a merge derives from several
    entries. `kind` and `column` are where the registry holds it.
    `path` is the field's path in the API from the entry's binding. `default` is the column's value
    in a row of which no catalog has said anything, as JSON.
    """

    said: str | None
    kind: EntityKind
    column: str
    path: str
    default: str = "null"


FIELDS = (
    CatalogField("sunset_on", EntityKind.BINDING, "sunset_on", "sunsetOn"),
    CatalogField("context_window", EntityKind.BINDING, "context_window", "contextWindow"),
    CatalogField("max_output_tokens", EntityKind.BINDING, "max_output_tokens", "maxOutputTokens"),
    CatalogField("capabilities", EntityKind.BINDING, "capabilities", "capabilities"),
    CatalogField(
        "requests_per_minute", EntityKind.BINDING, "requests_per_minute", "requestsPerMinute"
    ),
    CatalogField("tokens_per_minute", EntityKind.BINDING, "tokens_per_minute", "tokensPerMinute"),
    CatalogField("priority", EntityKind.BINDING, "priority", "priority", "100"),
    CatalogField("released_on", EntityKind.VERSION, "released_on", "version.releasedOn"),
    CatalogField("deprecated", EntityKind.VERSION, "status", "version.status", '"ACTIVE"'),
    CatalogField("task", EntityKind.MODEL, "task", "version.model.task"),
    CatalogField("description", EntityKind.MODEL, "description", "version.model.description"),
    CatalogField("provider_name", EntityKind.PROVIDER, "name", "provider.name"),
    CatalogField("api_base", EntityKind.PROVIDER, "api_base", "provider.apiBase"),
    CatalogField("docs_url", EntityKind.PROVIDER, "docs_url", "provider.docsUrl"),
)
MERGED_FIELDS = (
    CatalogField(None, EntityKind.VERSION, "context_window", "version.contextWindow"),
    CatalogField(None, EntityKind.VERSION, "max_output_tokens", "version.maxOutputTokens"),
    CatalogField(None, EntityKind.VERSION, "capabilities", "version.capabilities"),
    CatalogField(None, EntityKind.MODEL, "name", "version.model.name"),
)
PRICE_PATH = "price.components"  # `said.prices`, of which the registry holds rows
STATUSES = {True: "DEPRECATED", False: "ACTIVE"}  # of a version, by `said.deprecated`
ENTRIES_MAX = 5  # of one binding in the API; more are in the entries of their catalogs
PATHS = (PRICE_PATH, *(field.path for field in (*FIELDS, *MERGED_FIELDS)))
