"""Any object by its id."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry

from db.reads import audit, bindings, models, providers, versions
from domain import ids
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.errors import LIMIT_EXCEEDED, RequestError

_BY_IDS: dict[str, Any] = {
    ids.MODEL: models.by_ids,
    ids.VERSION: versions.by_ids,
    ids.BINDING: bindings.by_ids,
    ids.PROVIDER: providers.by_ids,
    ids.EVENT: audit.by_ids,
}


async def get(info: Info, id: Annotated[strawberry.ID, describe("The object's ID.")]) -> Any:
    """Any object by its ID; null when it does not exist."""
    return (await by_ids(info, [id]))[0]


async def get_several(info: Info, given: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What `get` gives for each choice of arguments."""
    return await by_ids(info, [arguments["id"] for arguments in given])


async def several(
    info: Info, ids: Annotated[list[strawberry.ID], describe("Up to 100 IDs.")]
) -> list[Any]:
    """Up to 100 objects in the order asked; null in place of each missing one."""
    size_max = info.context.service.limits.max_input_list
    if len(ids) > size_max:
        raise RequestError(f"ids: at most {size_max}, not {len(ids)}", LIMIT_EXCEEDED)
    return await by_ids(info, list(ids))


async def by_ids(info: Info, texts: list[strawberry.ID]) -> list[Any]:
    """The rows behind the ids, None for each that names nothing; one statement per type."""
    keys: dict[str, set[UUID]] = defaultdict(set)
    for text in texts:
        prefix = ids.prefix_of(text)
        key = ids.decode(prefix, text)
        if prefix in _BY_IDS and key is not None:
            keys[prefix].add(key)
    found: dict[str, Any] = {}
    for prefix, wanted in keys.items():
        rows = await _BY_IDS[prefix](info.context.db.reader, list(wanted))
        found |= {row.node_id: row for row in rows.values()}
    return [found.get(text) for text in texts]
