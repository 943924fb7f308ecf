"""Archiving deletes rows: each of them must be in the archive."""

from sqlmodel import SQLModel

from db.tables import ModelAlias, ModelVersion, Price, ProviderBinding

ARCHIVED = {ProviderBinding.__tablename__, Price.__tablename__}
REFUSED = {ModelAlias.__tablename__}  # a version with an alias is not archived


def test_every_table_below_a_version_is_archived() -> None:
    """A table that is added below a version or a binding would lose its rows with them."""
    parents = {ModelVersion.__tablename__, *ARCHIVED}
    children = {
        table.name
        for table in SQLModel.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in parents
    }
    assert children == ARCHIVED | REFUSED
