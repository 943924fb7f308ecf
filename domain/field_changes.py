"""The field changes of an audit event, with the names and values of the API.

The log holds columns. Keys become ids, money its exact digits, and labels a list. Columns that
clients never see are left out, and so is the row's own key, which is the event's subject.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import ids, json_values, rules

CHANGES_MAX = 40  # no table has more columns
_INTERNAL = {
    *("id", "updated_at", "changed_at", "semver_key", "last_number", "status_before_archive"),
}
_NAMES = {
    "archived_at": "archive.archivedAt",
    "archive_reason": "archive.reason",
    "archive_uri": "archive.storageUri",
    "archive_hash": "archive.contentHash",
    "archive_size_bytes": "archive.sizeBytes",
    "hold_reason": "hold.reason",
    "hold_actor": "hold.actor",
    "held_at": "hold.at",
    "listed_in": "catalogs",
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field with its value before and after; None where there is none, and where it is hidden."""

    field: str
    before: Any
    after: Any
    is_hidden: bool = False


def read(text: str, hidden: Container[str], *, hides_all: bool = False) -> list[FieldChange]:
    """The changes in an event's JSON text, sorted by field.

    `hidden` has the columns whose values are hidden; `hides_all` hides those of all columns.
    """
    # a float would lose digits of money
    columns: dict[str, tuple[Any, Any]] = json_values.loads(text)
    changes = [
        _change(name, both, is_hidden=hides_all or name in hidden)
        for name, both in columns.items()
        if name not in _INTERNAL
    ]
    return sorted(changes, key=lambda change: change.field)


def _change(column: str, both: tuple[Any, Any], *, is_hidden: bool) -> FieldChange:
    field = _NAMES.get(column) or rules.api_name(column)
    if is_hidden:
        return FieldChange(field, None, None, is_hidden=True)
    return FieldChange(field, *(_api_value(column, value) for value in both))


def _api_value(column: str, value: Any) -> Any:
    if value is None:
        return None
    convert = _CONVERTERS.get(column)
    return convert(value) if convert else json_values.sendable(value)


def _node_id(prefix: str) -> Callable[[str], str]:
    return lambda text: ids.encode(prefix, UUID(text))


def _money(value: Decimal | int) -> str:
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(text: str) -> str | None:
    if text == "-infinity":  # the start of a price that no source says
        return None
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


def _labels(labels: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in sorted(labels.items())]


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "model_id": _node_id(ids.MODEL),
    "version_id": _node_id(ids.VERSION),
    "provider_id": _node_id(ids.PROVIDER),
    "binding_id": _node_id(ids.BINDING),
    "labels": _labels,
    "size_bytes": str,  # a BigInt is sent as a string
    "archive_size_bytes": str,
    **dict.fromkeys(
        ("cost_per_1k", "input_per_1k", "output_per_1k", "cache_read_per_1k", "cache_write_per_1k"),
        _money,
    ),
    **dict.fromkeys(
        (
            *("created_at", "archived_at", "held_at", "effective_from", "imported_at"),
            *("open_until", "trial_until", "held_until"),
            *("expires_at", "rotated_at", "revoked_at"),
        ),
        _time,
    ),
}
