"""What an import does, or would do: names and values, for people and as JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from catalogs.entry import Remark

KINDS = ("provider", "model", "version", "binding", "price", "entry")


class Named(NamedTuple):
    """A row, by its kind (KINDS) and name."""

    kind: str
    name: str


class Change(NamedTuple):
    """A field that gets another value. A price is shown as its components."""

    kind: str
    name: str
    field: str
    before: Any
    after: Any


class Move(NamedTuple):
    """A binding that moves to another version; both are given as model and version."""

    name: str
    before: str
    after: str


class Conflict(NamedTuple):
    """A field that somebody edited: `ours` is its value, `theirs` what the catalogs say now.

    The field `row` is a binding that somebody deleted.
    """

    kind: str
    name: str
    field: str
    ours: Any
    theirs: Any


class Difference(NamedTuple):
    """What another listed catalog says of a binding, other than the owner of the field."""

    name: str
    field: str
    owner: str
    value: Any
    other: str
    other_value: Any


@dataclass(slots=True, kw_only=True)
class Report:
    """The changes of an import, what it leaves as it is, and what it cannot read."""

    catalog: str
    created: list[Named] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    moved: list[Move] = field(default_factory=list)
    deleted: list[Named] = field(default_factory=list)
    delisted: list[str] = field(default_factory=list)
    relisted: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    disagreements: list[Difference] = field(default_factory=list)
    skipped: list[Remark] = field(default_factory=list)
    ignored: list[Remark] = field(default_factory=list)
    partial: list[Remark] = field(default_factory=list)
    suspicious: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    unchanged: dict[str, int] = field(default_factory=dict)  # rows of each kind
    warnings: list[str] = field(default_factory=list)  # what did not follow the import

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to do, apart from noting that the catalog was read."""
        return any((self.created, self.changed, self.moved, self.deleted, self.delisted)) or bool(
            self.relisted
        )


SECTIONS = (
    "created",
    "changed",
    "moved",
    "deleted",
    "delisted",
    "relisted",
    "conflicts",
    "disagreements",
    "skipped",
    "ignored",
    "partial",
    "suspicious",
    "remarks",
)


def counts(report: Report) -> dict[str, dict[str, int]]:
    """For each kind how many rows are created, changed, moved, deleted, and left unchanged."""
    tallies = {
        "created": Counter(each.kind for each in report.created),
        "changed": Counter(each.kind for each in _once(report.changed)),
        "moved": Counter({"binding": len(report.moved)}),
        "deleted": Counter(each.kind for each in report.deleted),
        "unchanged": Counter(report.unchanged),
    }
    return {kind: {name: tally.get(kind, 0) for name, tally in tallies.items()} for kind in KINDS}


def to_json(report: Report) -> dict[str, Any]:
    """The whole report, with its counts."""
    sections = asdict(report)
    lists = {name: [_fields(each) for each in getattr(report, name)] for name in SECTIONS}
    return {**sections, **lists, "counts": counts(report), "has_changes": report.has_changes}


def _fields(each: Any) -> Any:
    return each if isinstance(each, str) else each._asdict()


def _once(changes: Iterable[Change]) -> Iterator[Named]:
    """Each changed row once, and each changed price."""
    rows = {(each.kind, each.name) for each in changes}
    return (Named(*row) for row in rows)
