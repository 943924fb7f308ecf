"""The fields of catalogs and their entries, and the filter of entries."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from db.reads import bindings, catalog_differences, catalogs
from db.reads.catalog_differences import Difference
from db.reads.catalogs import SeenEntry
from db.tables import Catalog, ProviderBinding
from domain.catalog_fields import ENTRIES_MAX
from resolvers import connections, orders
from resolvers.arguments import describe, input_type, optional
from resolvers.context import Info
from resolvers.filters import FILTER_DESCRIPTION
from resolvers.parents import attributes, carried, loaded, parents_of


@input_type(FILTER_DESCRIPTION)
class CatalogEntryFilter:
    catalogs: list[str] | None = optional("Entries of one of these catalogs, by name.")
    delisted: bool | None = optional(
        "True: entries that the catalog no longer lists; false: those that it lists."
    )
    differs: bool | None = optional("True: entries with differences; false: without.")


async def get(
    info: Info, name: Annotated[str, describe("The name, such as genai-prices.")]
) -> Catalog | None:
    """A catalog by name; null when it does not exist."""
    return (await get_several(info, [{"name": name}]))[0]


async def get_several(
    info: Info, argument_sets: Sequence[Mapping[str, Any]]
) -> list[Catalog | None]:
    """The result of `get` for each set of arguments."""
    names = [arguments["name"] for arguments in argument_sets]
    return await loaded(info, names, partial(catalogs.by_names, attributes=attributes(info)))


page = connections.of_all(
    catalogs.LISTING, "The catalogs that were imported, sorted by name.", default=orders.BY_NAME
)

entry_pages = connections.of_parents(
    catalogs.OF_CATALOGS,
    Catalog,
    "What the catalog lists, and what it no longer lists, sorted by key.",
    filter=CatalogEntryFilter,
    default=orders.BY_KEY,
)


async def last_imports(info: Info, parents: list[Catalog]) -> list[catalogs.CatalogImport | None]:
    """The import that ended last, with its counts; null when none was noted.

    Its changes are the audit events of the actor import:<name>: it is not known who ran it.
    """
    rows = await carried(info, parents, "import_runs", catalogs.by_ids)
    return [catalogs.import_of_runs(row) for row in rows]


async def entry_counts(info: Info, parents: list[Catalog]) -> list[int]:
    """Number of entries that the catalog lists."""
    counts = await loaded(info, [row.id for row in parents], catalogs.entry_counts)
    return [listed for listed, _ in counts]


async def delisted_counts(info: Info, parents: list[Catalog]) -> list[int]:
    """Number of entries that the catalog no longer lists."""
    counts = await loaded(info, [row.id for row in parents], catalogs.entry_counts)
    return [delisted for _, delisted in counts]


async def conflict_counts(info: Info, parents: list[Catalog]) -> list[int]:
    """Number of fields that an operator set otherwise than the catalog says now.

    A field of an object counts once, also when several entries are about the object.
    """
    counts = await loaded(info, [row.id for row in parents], catalog_differences.counts)
    return [each.edited for each in counts]


async def disagreement_counts(info: Info, parents: list[Catalog]) -> list[int]:
    """Number of fields that another entry, with higher precedence, decides otherwise.

    A field of an object counts once, also when several entries are about the object.
    """
    counts = await loaded(info, [row.id for row in parents], catalog_differences.counts)
    return [each.precedence for each in counts]


async def catalogs_of_entries(info: Info, parents: list[SeenEntry]) -> list[Catalog]:
    """The catalog that has the entry."""
    return await parents_of(info, [row.catalog_id for row in parents], catalogs.by_ids)


async def bindings_of_entries(info: Info, parents: list[SeenEntry]) -> list[ProviderBinding | None]:
    """The binding that the entry is about.

    Null while its version is ARCHIVED, and when it was deleted: an import does not bring it back.
    """
    load = partial(bindings.by_ids, attributes=attributes(info))
    return await loaded(info, [row.binding_id for row in parents], load)


async def differences(info: Info, parents: list[SeenEntry]) -> list[list[Difference]]:
    """The fields on which the catalog and the registry differ, and why the registry's value stays.

    Sorted by field. Empty for an entry that is not listed, or has no binding.
    """
    found = await loaded(info, [row.id for row in parents], catalog_differences.of_entries)
    return [each or [] for each in found]


async def entries_of_bindings(info: Info, parents: list[ProviderBinding]) -> list[list[SeenEntry]]:
    """The entries of catalogs that are about the binding, also those that are no longer listed.

    The entry of the catalog with the lowest precedence comes first. At most 5; Catalog.entries has
    all of them.
    """
    found = await loaded(info, [row.id for row in parents], catalogs.entries_of_bindings)
    return [(each or [])[:ENTRIES_MAX] for each in found]


async def listed(info: Info, parents: list[ProviderBinding]) -> list[bool]:
    """Whether a catalog lists the binding now."""
    keys = await catalogs.listed_bindings(info.context.reader, [row.id for row in parents])
    return [row.id in keys for row in parents]
