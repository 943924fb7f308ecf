"""Versions of models."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import (
    CAPABILITIES,
    DAY_ZERO,
    SORTED_TEXT,
    TIME,
    VersionedRow,
    asc_desc_indexes,
    check,
    enum_array_column,
    enum_column,
    json,
    money,
)
from domain import ids, patterns
from domain.enums import ArchiveReason, Capability, VersionStatus
from domain.values import ArchiveInfo, VersionHold

KEPT_ARCHIVED = timedelta(days=365)  # before an archived version may be purged

# The latest version has the highest value: the rolling one, else the one released last, then the
# one with the highest number. Without a day of release, the day of registration (UTC) counts.
_RELEASE_ORDER = f"""
    CASE WHEN rolling THEN 2147483647 ELSE
        coalesce(released_on, (created_at AT TIME ZONE 'UTC')::date) - {DAY_ZERO}
    END::bigint * 2147483648 + number
"""


class ModelVersion(VersionedRow, table=True):
    """One release of a model; its number, semantic version and content hash never change."""

    __tablename__ = "model_versions"
    __table_args__ = (
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("model_id", "number"),
        sa.UniqueConstraint("model_id", "version"),
        sa.UniqueConstraint("model_id", "content_hash"),
        sa.UniqueConstraint("id", "model_id"),  # for the foreign keys of bindings and aliases
        check("content_hash_format", f"content_hash ~ '{patterns.SHA256}'"),
        check("region_format", f"region ~ '{patterns.SLUG}'"),
        check("number_range", "number >= 1"),
        check("eval_score_range", "eval_score BETWEEN 0 AND 1"),
        check("cost_per_1k_range", "cost_per_1k >= 0"),
        check("slo_latency_ms_range", "slo_latency_ms > 0"),
        check("slo_success_rate_range", "slo_success_rate BETWEEN 0 AND 1"),
        check("context_window_range", "context_window > 0"),
        check("max_output_tokens_range", "max_output_tokens > 0"),
        check("size_bytes_range", "size_bytes >= 0"),
        check("sunset_after_deprecation", "deprecated_on <= sunset_on"),
        check("archived", "(status = 'ARCHIVED') = (archived_at IS NOT NULL)"),
        check("capabilities", f"capabilities <@ ARRAY[{CAPABILITIES}]"),
        sa.Index("ix_model_versions_model_id_status_number", "model_id", "status", "number"),
        sa.Index(
            "ix_model_versions_model_id_status_release_order",
            *("model_id", "status", "release_order"),
        ),
        sa.Index("ix_model_versions_model_id_semver_key_id", "model_id", "semver_key", "id"),
        sa.Index("ix_model_versions_model_id_created_at_id", "model_id", "created_at", "id"),
        sa.Index("ix_model_versions_number_id", "number", "id"),
        sa.Index("ix_model_versions_semver_key_id", "semver_key", "id"),
        sa.Index("ix_model_versions_created_at_id", "created_at", "id"),
        sa.Index(
            "ix_model_versions_deprecated_on",
            "deprecated_on",
            postgresql_where=sa.text("deprecated_on IS NOT NULL"),
        ),
        sa.Index(
            "ix_model_versions_sunset_on",
            "sunset_on",
            postgresql_where=sa.text("sunset_on IS NOT NULL"),
        ),
        *asc_desc_indexes("model_versions", "eval_score", "float8"),
        *asc_desc_indexes("model_versions", "cost_per_1k", "numeric"),
        *asc_desc_indexes("model_versions", "released_on", "date"),
        sa.Index(
            "ix_model_versions_context_window_model_id",
            sa.text("(context_window::float8)"),
            "model_id",
        ),
        sa.Index("ix_model_versions_version", "version"),
        sa.Index("ix_model_versions_content_hash", "content_hash"),
        sa.Index("ix_model_versions_region", "region"),
        sa.Index("ix_model_versions_status", "status"),
        sa.Index("ix_model_versions_rolling", "id", postgresql_where=sa.text("rolling")),
        sa.Index("ix_model_versions_held", "id", postgresql_where=sa.text("held_at IS NOT NULL")),
        sa.Index(
            "ix_model_versions_archived_at_id",
            *("archived_at", "id"),
            postgresql_where=sa.text("archived_at IS NOT NULL"),
        ),
        sa.Index("ix_model_versions_capabilities", "capabilities", postgresql_using="gin"),
    )

    PROPERTIES = {
        **VersionedRow.PROPERTIES,
        "archive": (
            "archived_at",
            "archive_reason",
            "archive_uri",
            "archive_hash",
            "archive_size_bytes",
        ),
        "hold": ("held_at", "hold_reason", "hold_actor"),
    }

    model_id: UUID
    number: int
    version: str = Field(sa_type=sa.Text)
    semver_key: str = Field(sa_type=SORTED_TEXT)
    content_hash: str = Field(sa_type=SORTED_TEXT)
    region: str = Field(sa_type=sa.Text)
    status: VersionStatus = Field(sa_type=enum_column(VersionStatus))
    eval_score: float | None = None
    cost_per_1k: Decimal | None = money()
    slo_latency_ms: int | None = None
    slo_success_rate: float | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    # None is unknown, [] is none
    capabilities: list[Capability] | None = Field(default=None, sa_type=enum_array_column())
    artifact_url: str | None = Field(default=None, sa_type=sa.Text)
    size_bytes: int | None = Field(default=None, sa_type=sa.BigInteger)
    # SQLAlchemy uses the name `metadata` itself, so the attribute has another name
    metadata_: Any = Field(default=None, sa_column=sa.Column("metadata", json()))
    deprecated_on: date | None = None
    sunset_on: date | None = None
    archived_at: datetime | None = Field(default=None, sa_type=TIME)
    archive_reason: ArchiveReason | None = Field(default=None, sa_type=enum_column(ArchiveReason))
    archive_uri: str | None = Field(default=None, sa_type=sa.Text)
    archive_hash: str | None = Field(default=None, sa_type=sa.Text)
    archive_size_bytes: int | None = Field(default=None, sa_type=sa.BigInteger)
    status_before_archive: VersionStatus | None = Field(
        default=None,
        sa_type=sa.Enum(
            VersionStatus,
            native_enum=False,
            create_constraint=True,
            length=32,
            name="status_before_archive",
        ),
    )
    hold_reason: str | None = Field(default=None, sa_type=sa.Text)
    hold_actor: str | None = Field(default=None, sa_type=sa.Text)
    held_at: datetime | None = Field(default=None, sa_type=TIME)
    released_on: date | None = None
    rolling: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    release_order: int = Field(
        default=None,
        sa_column=sa.Column(sa.BigInteger, sa.Computed(_RELEASE_ORDER, persisted=True)),
    )

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.VERSION, self.id)

    @property
    def archive(self) -> ArchiveInfo | None:
        """Where its content is stored, if it is archived."""
        if self.archived_at is None:
            return None
        assert self.archive_reason is not None
        return ArchiveInfo(
            archived_at=self.archived_at,
            reason=self.archive_reason,
            storage_uri=self.archive_uri or "",
            content_hash=self.archive_hash or "",
            size_bytes=self.archive_size_bytes or 0,
            purge_after=self.archived_at + KEPT_ARCHIVED,
        )

    @property
    def hold(self) -> VersionHold | None:
        """Why it must not be archived or purged, if it is held."""
        if self.held_at is None:
            return None
        return VersionHold(self.hold_reason or "", self.hold_actor or "", self.held_at)
