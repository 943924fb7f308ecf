"""The state of the registry as a whole."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import TIME, Table, check

# 32 bytes that nobody can guess
RANDOM_KEY = "sha256((((gen_random_uuid())::text || (gen_random_uuid())::text))::bytea)"


class RegistryState(Table, table=True):
    """One row: the sequence number of the last committed change.

    A trigger adds 1 to `tokens_revision` with each change of tokens and their secrets.
    `archive_key` salts archives (archive/format.py); nothing shows it.
    """

    __tablename__ = "registry_state"
    __table_args__ = (check("one_row", "id = 1"),)

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    revision: int = Field(default=0, sa_type=sa.BigInteger)
    tokens_revision: int = Field(
        default=0, sa_type=sa.BigInteger, sa_column_kwargs={"server_default": "0"}
    )
    archive_key: bytes = Field(
        sa_type=sa.LargeBinary,
        sa_column_kwargs={"server_default": sa.text(RANDOM_KEY)},
    )


class ScheduledPrice(Table, table=True):
    """A price that takes effect later; a trigger of `prices` inserts it, and deletes older ones."""

    __tablename__ = "scheduled_prices"

    effective_from: datetime = Field(primary_key=True, sa_type=TIME)
    binding_id: UUID = Field(primary_key=True)
