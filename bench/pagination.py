"""What is asked of databases of different sizes: operations, a near page and a far one, counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import operations
from bench.operations import Places
from bench.servers import Running

SIZE = 20  # rows of a page
DEEP = 1_000  # the number of the far page
POINTS = ("Q1", "Q2", "Q3")
COUNTS = ("ModelsCount", "BindingsCount")
LISTINGS = {
    "ModelsByName": "models",
    "ModelsNewest": "models",
    "BindingsByPriority": "bindings",
    "BindingsNewest": "bindings",
}
_STEP = 100  # rows a request on the way to the far page
_TOTALS = {"models": "ModelsCount", "bindings": "BindingsCount"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing to ask: its document, the variables of all its requests, and the page it gives."""

    document: str
    variables: Sequence[Mapping[str, Any]]
    page: int = 1


def near(listing: str) -> str:
    """What a listing's first page is called."""
    return f"{listing}, page 1"


def far(listing: str) -> str:
    """What a listing's far page is called, whichever it is."""
    return f"{listing}, far page"


def asked(server: Running, places: Places) -> dict[str, Asked]:
    """All that is asked of a server, by what it is called."""
    found = {}
    for name in POINTS:
        count = 1 if name == "Q2" else len(places.models)
        found[name] = Asked(
            name,
            [operations.variables(name, places, server.language, n) for n in range(count)],
        )
    for listing in LISTINGS:
        cursor, page = _far(server, listing)
        found[near(listing)] = Asked(listing, [{"first": SIZE, "after": None}])
        found[far(listing)] = Asked(listing, [{"first": SIZE, "after": cursor}], page)
    return found | {name: Asked(name, [{}]) for name in COUNTS}


def chosen(every: Mapping[str, Asked], beginnings: tuple[str, ...]) -> dict[str, Asked]:
    """What begins with one of these words; raises SystemExit when nothing does."""
    found = {name: each for name, each in every.items() if name.startswith(beginnings)}
    if not found:
        raise SystemExit(f"Nothing begins with {', '.join(beginnings)}: {', '.join(every)}")
    return found


def _far(server: Running, listing: str) -> tuple[str | None, int]:
    """The cursor before page DEEP, or before the last whole page where there are fewer."""
    field = LISTINGS[listing]
    total = server.ask(_TOTALS[field], {})[field]["totalCount"]
    page = max(1, min(DEEP, total // SIZE))
    cursor, left = None, (page - 1) * SIZE
    while left:
        values = {"first": min(_STEP, left), "after": cursor}
        found = server.ask(listing, values)[field]
        cursor = found["pageInfo"]["endCursor"]
        left -= len(found["nodes"])
    return cursor, page


def write(server: Running, every: Mapping[str, Asked], folder: Path) -> dict[str, Path]:
    """A file of request bodies for each."""
    files = {}
    for number, (name, each) in enumerate(every.items()):
        file = folder / f"{server.server.name}-{number}.bodies"
        lines = [
            operations.body(each.document, server.language, values) for values in each.variables
        ]
        file.write_text("\n".join(lines) + "\n", "utf-8")
        files[name] = file
    return files
