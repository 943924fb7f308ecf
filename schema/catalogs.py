"""The types of catalogs."""

from datetime import datetime

from strawberry.scalars import JSON

import resolvers.catalogs
from db import tables
from db.reads import catalog_differences, catalogs
from domain.catalog_fields import PATHS
from domain.enums import DifferenceReason
from resolvers.scalars import SHA256, URL
from schema.bindings import ProviderBinding
from schema.fields import attribute, batched, type_of
from schema.nodes import Node
from schema.pages import Connection


@type_of(
    catalog_differences.Difference,
    "A field on which a catalog and the registry differ.",
)
class CatalogDifference:
    field: str = attribute(
        "The field's path from the binding, such as sunsetOn, price.components or version.status."
    )
    catalog_value: JSON | None = attribute("What the catalog says, spelt as in the API.")
    registry_value: JSON | None = attribute(
        "What the registry holds, spelt as in the API; null when there is no value."
    )
    because: DifferenceReason = attribute("Why the registry's value stays.")


_UNKNOWN = "null when not known"


@type_of(
    catalogs.CatalogImport,
    "The import of a catalog that ended last. One that was stopped is not noted. The counts are"
    " those of the last import that succeeded; a failed one has changed nothing.",
)
class CatalogImport:
    ended_at: datetime = attribute("When it ended.")
    succeeded: bool = attribute("Whether it succeeded.")
    succeeded_at: datetime | None = attribute(
        "When the last one that succeeded ended; null when none has."
    )
    seconds: float = attribute("How long it took, in seconds.")
    entries: int | None = attribute(f"Number of entries of the file; {_UNKNOWN}.")
    created: int | None = attribute(
        f"Number of objects that it created, its entries among them; {_UNKNOWN}."
    )
    changed: int | None = attribute(f"Number of values that it changed; {_UNKNOWN}.")
    delisted: int | None = attribute(
        f"Number of entries that the file no longer lists; {_UNKNOWN}."
    )
    relisted: int | None = attribute(f"Number of entries that the file lists again; {_UNKNOWN}.")
    conflicts: int | None = attribute(
        f"Number of values that it left as operators had set them; {_UNKNOWN}."
    )
    skipped: int | None = attribute(f"Number of entries that it left out; {_UNKNOWN}.")


@type_of(
    tables.Catalog,
    "A list of models and prices that others maintain. Its entries say what its last import said.",
)
class Catalog(Node):
    name: str = attribute("Unique name: 1 to 63 lower-case letters, digits and hyphens.")
    precedence: int = attribute(
        "Of two catalogs that say different values of a field, the one with the lower number is"
        " right; with equal numbers, the one whose name comes first."
    )
    url: URL | None = attribute("Where it can be downloaded; null when not known.")
    imported_at: datetime | None = attribute(
        "When it was imported last; null when that is not known."
    )
    file_hash: SHA256 | None = attribute(
        "SHA-256 of the file, uncompressed, that was imported last; null when not known."
    )
    last_import: CatalogImport | None = batched(
        resolvers.catalogs.last_imports, "id", "import_runs", observed=True
    )
    entry_count: int = batched(resolvers.catalogs.entry_counts, "id")
    delisted_count: int = batched(resolvers.catalogs.delisted_counts, "id")
    conflict_count: int = batched(resolvers.catalogs.conflict_counts, "id")
    disagreement_count: int = batched(resolvers.catalogs.disagreement_counts, "id")
    entries: Connection["CatalogEntry"] = batched(resolvers.catalogs.entry_pages, "id")


@type_of(catalogs.SeenEntry, "What a catalog says of one binding.")
class CatalogEntry(Node):
    catalog: Catalog = batched(resolvers.catalogs.catalogs_of_entries, "catalog_id")
    key: str = attribute("The entry's key in the catalog: unique there, and never changed.")
    binding: ProviderBinding | None = batched(resolvers.catalogs.bindings_of_entries, "binding_id")
    first_seen_at: datetime = attribute("When an import first found it.")
    last_seen_at: datetime = attribute(
        "When an import last found it: the catalog's importedAt while it is listed."
    )
    delisted_at: datetime | None = attribute(
        "When an import found it no longer; null while the catalog lists it."
    )
    differences: list[CatalogDifference] = batched(
        resolvers.catalogs.differences, "id", items_max=len(PATHS)
    )
