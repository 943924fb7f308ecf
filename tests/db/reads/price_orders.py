"""Lists in the order and in a range of a price: what is expected, and what the pages have."""

from collections.abc import Mapping
from decimal import Decimal

from domain import ids
from tests.graphql import GraphQL

AMOUNTS = ("0", "0.001", "0.0015", "0.002", "0.5", None)
FIELDS = {"INPUT_PER_1K": "inputPer1k", "OUTPUT_PER_1K": "outputPer1k"}  # by the order's field
RANGES = {  # by the argument of the filter; None: without it
    '{gte: "0.001", lte: "0.002"}': (Decimal("0.001"), Decimal("0.002")),
    '{gte: "0.0015"}': (Decimal("0.0015"), Decimal(9)),
    '{lte: "0.0015"}': (Decimal(0), Decimal("0.0015")),
    None: None,
}
_KINDS = {"bindings": ids.BINDING, "models": ids.MODEL}  # by connection
_FORWARD = ("first", "after", "endCursor", "hasNextPage")
_BACKWARD = ("last", "before", "startCursor", "hasPreviousPage")


def expected(
    amounts: Mapping[str, Decimal | None], within: str | None, *, descending: bool
) -> list[str]:
    """The ids in order, by Python: unknown ones last, and in no range."""
    known = [(amount, key) for key, amount in amounts.items() if amount is not None]
    unknown = [key for key, amount in amounts.items() if amount is None]
    ordered = sorted(known, reverse=descending)
    if bounds := RANGES[within]:
        return [key for amount, key in ordered if bounds[0] <= amount <= bounds[1]]
    return [key for _, key in ordered] + sorted(unknown, reverse=descending)


def arguments(key: str, within: str | None, direction: str) -> str:
    """The arguments of a connection for an order, and for a range of the same price."""
    given = f"orderBy: {{field: {key}, direction: {direction}}}"
    return given if within is None else f"{given}, filter: {{{FIELDS[key]}: {within}}}"


async def walked(
    gql: GraphQL, connection: str, given: str, size: int, *, backward: bool = False
) -> list[str]:
    """The ids of all pages of a size, whose number is the total count."""
    count, cursor, end, more = _BACKWARD if backward else _FORWARD
    document = f"""query ($position: String) {{
        {connection}({count}: {size}, {cursor}: $position, {given}) {{
            nodes {{ id }} totalCount pageInfo {{ {end} {more} }} }} }}"""
    found: list[str] = []
    position = None
    while True:
        page = (await gql(document, position=position))[connection]
        keys = [str(ids.decode(_KINDS[connection], node["id"])) for node in page["nodes"]]
        found = keys + found if backward else found + keys
        if not page["pageInfo"][more]:
            assert len(found) == page["totalCount"]
            return found
        position = page["pageInfo"][end]
