"""The list of what catalogs say names what entries and tables have."""

from dataclasses import fields
from typing import Any

from catalogs.entry import Said
from db import tables
from domain.audit_enums import EntityKind
from domain.catalog_fields import FIELDS, MERGED_FIELDS, PATHS

ROWS: dict[EntityKind, Any] = {
    EntityKind.BINDING: tables.ProviderBinding,
    EntityKind.VERSION: tables.ModelVersion,
    EntityKind.MODEL: tables.Model,
    EntityKind.PROVIDER: tables.Provider,
}


def test_each_value_of_an_entry_has_its_field() -> None:
    assert [field.said for field in FIELDS] == [
        each.name for each in fields(Said) if each.name != "prices"
    ]
    assert len(set(PATHS)) == len(PATHS)


def test_each_field_has_its_column() -> None:
    for field in (*FIELDS, *MERGED_FIELDS):
        assert field.column in ROWS[field.kind].model_fields
