"""Bindings and their prices."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import (
    CAPABILITIES,
    Row,
    StartTime,
    VersionedRow,
    asc_desc_indexes,
    check,
    enum_array_column,
    enum_column,
    json,
    money,
)
from domain import ids, patterns
from domain.enums import BindingStatus, Capability


class ProviderBinding(VersionedRow, table=True):
    """One version as served by one provider in one region.

    `success_rate` and `latency_ms` are set by hand or by an import. `success_rate_now` and
    `latency_ms_now` are what holds now, by measured outcomes if there are some (figures.py).
    """

    PROPERTIES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "node_id": ("id",),
        "success_rate_now": ("success_rate", "measured"),
        "latency_ms_now": ("latency_ms", "measured"),
    }

    __tablename__ = "provider_bindings"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["version_id", "model_id"],
            ["model_versions.id", "model_versions.model_id"],
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"]),
        sa.UniqueConstraint(
            "version_id",
            "provider_id",
            "provider_model_id",
            "region",
            name="uq_provider_bindings_key",
            postgresql_nulls_not_distinct=True,
        ),
        check("region_format", f"region ~ '{patterns.SLUG}'"),
        check("priority_range", "priority >= 0"),
        check("weight_range", "weight BETWEEN 0 AND 1000"),
        check("success_rate_range", "success_rate BETWEEN 0 AND 1"),
        check("latency_ms_range", "latency_ms > 0"),
        check("context_window_range", "context_window > 0"),
        check("max_output_tokens_range", "max_output_tokens > 0"),
        check("capabilities", f"capabilities <@ ARRAY[{CAPABILITIES}]"),
        check("requests_per_minute_range", "requests_per_minute > 0"),
        check("tokens_per_minute_range", "tokens_per_minute > 0"),
        sa.Index("ix_provider_bindings_version_id_priority_id", "version_id", "priority", "id"),
        sa.Index("ix_provider_bindings_model_id_priority_id", "model_id", "priority", "id"),
        sa.Index("ix_provider_bindings_provider_id_priority_id", "provider_id", "priority", "id"),
        sa.Index("ix_provider_bindings_priority_id", "priority", "id"),
        sa.Index("ix_provider_bindings_created_at_id", "created_at", "id"),
        *asc_desc_indexes("provider_bindings", "success_rate", "float8"),
        *asc_desc_indexes("provider_bindings", "latency_ms", "float8"),
        *asc_desc_indexes("provider_bindings", "sunset_on", "date"),
        sa.Index("ix_provider_bindings_provider_model_id", "provider_model_id"),
        sa.Index("ix_provider_bindings_region", "region"),
        sa.Index("ix_provider_bindings_status", "status"),
    )

    version_id: UUID
    model_id: UUID  # of the version; copied here so that a model's bindings are one index range
    provider_id: UUID
    provider_model_id: str = Field(sa_type=sa.Text)
    region: str | None = Field(default=None, sa_type=sa.Text)
    endpoint: str | None = Field(default=None, sa_type=sa.Text)
    config: Any = Field(default=None, sa_type=json(), nullable=True)
    credential_ref: str | None = Field(default=None, sa_type=sa.Text)
    status: BindingStatus = Field(sa_type=enum_column(BindingStatus))
    priority: int = 100
    weight: int = 100
    sunset_on: date | None = None
    success_rate: float | None = None
    latency_ms: float | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: list[Capability] | None = Field(default=None, sa_type=enum_array_column())
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    measured: ClassVar[list[float | None] | None]  # a column that reads compute; see figures.py
    names: ClassVar[list[str]]  # of its model, version and provider; see names.py

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.BINDING, self.id)

    @property
    def success_rate_now(self) -> float | None:
        """The success rate that was measured, else the one that was set by hand."""
        rate = None if self.measured is None else self.measured[0]
        return self.success_rate if rate is None else rate

    @property
    def latency_ms_now(self) -> float | None:
        """The median latency that was measured, else the latency that was set by hand."""
        latency = None if self.measured is None else self.measured[1]
        return self.latency_ms if latency is None else latency


class Price(Row, table=True):
    """A binding's price from a time on, in US dollars; rows are added, never updated.

    `components` is the whole price (domain/prices.py); the amounts per 1,000 tokens repeat its
    STANDARD base components. `effective_from` is None when the start is unknown: -infinity in SQL.
    """

    __tablename__ = "prices"
    __table_args__ = (
        sa.UniqueConstraint("binding_id", "effective_from"),
        sa.ForeignKeyConstraint(["binding_id"], ["provider_bindings.id"], ondelete="CASCADE"),
        check("input_per_1k_range", "input_per_1k >= 0"),
        check("output_per_1k_range", "output_per_1k >= 0"),
        check("cache_read_per_1k_range", "cache_read_per_1k >= 0"),
        check("cache_write_per_1k_range", "cache_write_per_1k >= 0"),
        sa.Index("ix_prices_input_per_1k_binding_id", "input_per_1k", "binding_id"),
        sa.Index("ix_prices_output_per_1k_binding_id", "output_per_1k", "binding_id"),
        sa.Index("ix_prices_effective_from", "effective_from"),
    )

    binding_id: UUID
    input_per_1k: Decimal | None = money()
    output_per_1k: Decimal | None = money()
    cache_read_per_1k: Decimal | None = money()
    cache_write_per_1k: Decimal | None = money()
    components: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=json(), sa_column_kwargs={"server_default": "[]"}
    )
    effective_from: datetime | None = Field(sa_type=StartTime, nullable=False)
    source: str | None = Field(default=None, sa_type=sa.Text)
