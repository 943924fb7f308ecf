"""Objects of any type, by id."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry

from db.reads import (
    aliases,
    audit,
    bindings,
    catalogs,
    models,
    prices,
    providers,
    retention_runs,
    tokens,
    versions,
)
from domain import ids
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.errors import LIMIT_EXCEEDED, RequestError
from resolvers.hidden_fields import may_see

_BY_IDS: dict[str, Any] = {
    ids.MODEL: models.by_ids,
    ids.VERSION: versions.by_ids,
    ids.BINDING: bindings.by_ids,
    ids.PROVIDER: providers.by_ids,
    ids.PRICE: prices.by_ids,
    ids.ALIAS: aliases.by_ids,
    ids.EVENT: audit.by_ids,
    ids.RUN: retention_runs.by_ids,
    ids.CATALOG: catalogs.by_ids,
    ids.ENTRY: catalogs.entries_by_ids,
    ids.TOKEN: tokens.by_ids,
}


async def get(
    info: Info, id: Annotated[strawberry.ID, describe("The ID of an object of any type.")]
) -> Any:
    """An object of any type by ID; null when it does not exist."""
    return (await by_ids(info, [id]))[0]


async def get_several(info: Info, argument_sets: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The result of `get` for each set of arguments."""
    return await by_ids(info, [arguments["id"] for arguments in argument_sets])


async def several(
    info: Info,
    ids: Annotated[list[strawberry.ID], describe("Up to 100 IDs of objects of any types.")],
) -> list[Any]:
    """Up to 100 objects by ID, in the order of the IDs; null for each that does not exist."""
    size_max = info.context.service.limits.max_input_list
    if len(ids) > size_max:
        raise RequestError(f"ids: at most {size_max}, not {len(ids)}", LIMIT_EXCEEDED)
    return await by_ids(info, list(ids))


async def by_ids(info: Info, texts: list[strawberry.ID]) -> list[Any]:
    """The row of each id, None where there is none; one statement per type."""
    keys: dict[str, set[UUID]] = defaultdict(set)
    for text in texts:
        prefix = ids.prefix_of(text)
        key = ids.decode(prefix, text)
        if prefix in _BY_IDS and key is not None and may_see(info.context.identity, text):
            keys[prefix].add(key)
    by_id: dict[str, Any] = {}
    for prefix, of_type in keys.items():
        rows = await _BY_IDS[prefix](info.context.reader, list(of_type))
        by_id |= {row.node_id: row for row in rows.values()}
    return [by_id.get(text) for text in texts]
