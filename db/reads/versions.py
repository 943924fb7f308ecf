"""Versions in SQL."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres.reader import Source
from db.postgres.statements import bound
from db.reads import models
from db.reads.conditions import (
    days_between,
    has_all,
    has_any,
    in_range,
    time_between,
    value_between,
)
from db.reads.keys import Key, Part, nullable, plain
from db.reads.keyset import Listing, Relation, among, page_per_parent
from db.reads.lookup import row_by_column, rows_after, rows_by_column
from db.reads.routable import has_routable_binding, slo_status
from db.reads.windows import Window
from db.tables import Model, ModelAlias, ModelVersion, Provider, ProviderBinding
from db.tables.columns import TIME
from domain.enums import VersionStatus


def _of_models(refs: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(Model.id)).where(models.referenced(refs))
    return col(ModelVersion.model_id).in_(chosen)


def _with_alias(names: Sequence[str]) -> sa.ColumnElement[bool]:
    return col(ModelVersion.id).in_(
        sa.select(col(ModelAlias.version_id)).where(among(col(ModelAlias.name), names))
    )


def _of_providers(slugs: Sequence[str]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(Provider.id)).where(among(col(Provider.slug), slugs))
    return sa.exists().where(
        col(ProviderBinding.version_id) == ModelVersion.id,
        col(ProviderBinding.provider_id).in_(chosen),
    )


def _is_held(is_expected: bool) -> sa.ColumnElement[bool]:
    held_at = col(ModelVersion.held_at)
    return held_at.is_not(None) if is_expected else held_at.is_(None)


_EVAL_SCORE = nullable("model_versions", "eval_score", "float8", sa.Double())
_COST_PER_1K = nullable("model_versions", "cost_per_1k", "numeric", sa.Numeric())
_RELEASED_ON = nullable("model_versions", "released_on", "date", sa.Double())


def _archived_at() -> Key:
    """The order by the time of archiving, whose index holds the archived versions alone."""
    column: Any = col(ModelVersion.archived_at)
    # further away than any time, and no infinity, which Python's times do not have
    last, first = (
        sa.literal_column(f"'{time}+00'::timestamptz", TIME)
        for time in ("9999-12-31 23:59:59", "0001-01-01 00:00:00")
    )
    return Key(
        sa.func.coalesce(column, last),
        sa.func.coalesce(column, first),
        TIME,
        parts=(
            Part(column.is_not(None), column, column),
            Part(column.is_(None), last, first, is_constant=True),
        ),
        is_sequence=True,
    )


LISTING = Listing(
    table=ModelVersion,
    conditions={
        "ids": lambda ids: among(col(ModelVersion.id), ids),
        "models": _of_models,
        "versions": lambda versions: among(col(ModelVersion.version), versions),
        "content_hashes": lambda hashes: among(col(ModelVersion.content_hash), hashes),
        "regions": lambda regions: among(col(ModelVersion.region), regions),
        "statuses": lambda statuses: among(col(ModelVersion.status), statuses),
        "aliases": _with_alias,
        "eval_score": in_range(col(ModelVersion.eval_score), _EVAL_SCORE),
        "cost_per_1k": in_range(col(ModelVersion.cost_per_1k), _COST_PER_1K),
        "slo_statuses": lambda statuses: among(slo_status(), statuses),
        "released_on": days_between(col(ModelVersion.released_on), _RELEASED_ON),
        "rolling": lambda is_rolling: col(ModelVersion.rolling) == is_rolling,
        "capabilities": has_all(col(ModelVersion.capabilities)),
        "any_capability": has_any(col(ModelVersion.capabilities)),
        "deprecated_on": value_between(col(ModelVersion.deprecated_on)),
        "sunset_on": value_between(col(ModelVersion.sunset_on)),
        "providers": _of_providers,
        "created_at": time_between(col(ModelVersion.created_at)),
        "has_routable_binding": has_routable_binding,
        "held": _is_held,
    },
    keys={
        "NUMBER": plain(col(ModelVersion.number)),
        "SEMVER": plain(col(ModelVersion.semver_key)),
        "CREATED_AT": plain(col(ModelVersion.created_at)),
        "EVAL_SCORE": _EVAL_SCORE,
        "COST_PER_1K": _COST_PER_1K,
        "RELEASED_ON": _RELEASED_ON,
        "ARCHIVED_AT": _archived_at(),
    },
)


def _with_alias_of_model(name: str) -> sa.ColumnElement[bool]:
    return col(ModelVersion.id).in_(
        sa.select(col(ModelAlias.version_id)).where(
            col(ModelAlias.model_id) == ModelVersion.model_id,
            col(ModelAlias.name) == bound(name, sa.Text()),
        )
    )


# Conditions that select one version of a model.
_SELECTION = Relation(
    Listing(
        table=ModelVersion,
        conditions={
            "latest": lambda _: col(ModelVersion.status) == VersionStatus.ACTIVE,
            "alias": _with_alias_of_model,
            "version": lambda text: col(ModelVersion.version) == bound(text, sa.Text()),
            "number": lambda number: col(ModelVersion.number) == bound(number, sa.Integer()),
            "content_hash": lambda text: col(ModelVersion.content_hash) == bound(text, sa.Text()),
        },
        keys={"RELEASE": plain(col(ModelVersion.release_order))},
    ),
    "model_id",
)
_LATEST = Window("RELEASE", descending=True, limit=1)


def _is_archived() -> sa.ColumnElement[bool]:
    return col(ModelVersion.status) == VersionStatus.ARCHIVED


by_ids = partial(row_by_column, ModelVersion, "id")
archived_after = partial(rows_after, ModelVersion, _is_archived)


async def selected_of_models(
    source: Source,
    model_ids: Sequence[UUID],
    selector: str,
    value: Any,
    attributes: frozenset[str] | None = None,
) -> dict[UUID, ModelVersion]:
    """The version of each model that meets the condition `selector`; of several the latest."""
    slices = await page_per_parent(
        source, _SELECTION, model_ids, {selector: value}, _LATEST, attributes
    )
    return {model_id: page.rows[0] for model_id, page in slices.items() if page.rows}


async def by_content_hash(source: Source, content_hash: str) -> ModelVersion | None:
    """The version with this hash; the oldest if several models have the same content."""
    versions = await rows_by_column(
        ModelVersion, "content_hash", source, [content_hash], order="id"
    )
    return next(iter(versions[content_hash]), None)
