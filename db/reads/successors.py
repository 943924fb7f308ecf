"""What could be used in place of what retires, in SQL; see domain/retirement_enums.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query
from domain.retirement_enums import SuccessorRule


@dataclass(frozen=True, slots=True)
class Successor:
    """A version that is proposed, by its key and by its names, and the rule that found it."""

    version_id: UUID
    model_name: str
    version_label: str
    rule: SuccessorRule


# A key is a version, a day, and maybe a binding. The versions of all models are searched once for
# all keys, and only where neither the version itself nor its model has a successor.
_SELECT = """
    WITH retiring AS MATERIALIZED (
        SELECT k.key, split_part(k.key, ' ', 2)::date AS day,
            nullif(split_part(k.key, ' ', 3), '')::uuid AS binding_id,
            v.id, v.model_id, v.status, v.number, v.release_order, v.released_on,
            v.capabilities, v.context_window, v.deprecated_on, v.sunset_on, m.task,
            {family} AS family
        FROM unnest(CAST(:keys AS text[])) AS k (key)
        JOIN model_versions v ON v.id = split_part(k.key, ' ', 1)::uuid
        JOIN models m ON m.id = v.model_id
    ), of_others AS (
        SELECT r.key, r.id FROM retiring r
        WHERE r.binding_id IS NOT NULL AND r.status = 'ACTIVE' AND {retiring_lasts} AND EXISTS (
            SELECT FROM provider_bindings b WHERE b.version_id = r.id AND b.id <> r.binding_id
                AND b.status = 'ACTIVE' AND (b.sunset_on IS NULL OR b.sunset_on > r.day))
    ), of_model AS (
        SELECT DISTINCT ON (r.key) r.key, v.id
        FROM retiring r JOIN model_versions v ON v.model_id = r.model_id
        WHERE v.status = 'ACTIVE' AND v.release_order > r.release_order AND {lasts}
            AND {is_not_older}
        ORDER BY r.key, v.release_order DESC
    ), left_over AS MATERIALIZED (
        SELECT * FROM retiring r WHERE r.family IS NOT NULL
            AND r.key NOT IN (SELECT key FROM of_others UNION ALL SELECT key FROM of_model)
    ), candidates AS MATERIALIZED (
        SELECT v.id, v.model_id, v.released_on, v.release_order, v.capabilities, v.context_window,
            v.deprecated_on, v.sunset_on, m.task, {family} AS family, served.until
        FROM models m JOIN model_versions v ON v.model_id = m.id
        CROSS JOIN LATERAL (
            SELECT max(coalesce(b.sunset_on, 'infinity')) AS until FROM provider_bindings b
            WHERE b.version_id = v.id AND b.status = 'ACTIVE'
        ) served
        WHERE (m.task, {family}) IN (SELECT task, family FROM left_over)
            AND v.status = 'ACTIVE' AND v.released_on IS NOT NULL AND served.until IS NOT NULL
    ), of_family AS (
        SELECT r.key, v.id FROM left_over r CROSS JOIN LATERAL (
            SELECT v.id FROM candidates v
            WHERE v.task = r.task AND v.family = r.family AND v.model_id <> r.model_id
                AND v.until > r.day AND {lasts}
                AND v.released_on >= coalesce(r.released_on, v.released_on)
                AND (r.capabilities IS NULL OR v.capabilities @> r.capabilities)
                AND (r.context_window IS NULL OR v.context_window >= r.context_window)
            ORDER BY v.released_on DESC, v.release_order DESC, v.id LIMIT 1
        ) v
    ), found AS (
        SELECT 1 AS place, 'OTHER_BINDING' AS rule, key, id FROM of_others
        UNION ALL SELECT 2, 'SAME_MODEL', key, id FROM of_model
        UNION ALL SELECT 3, 'SAME_FAMILY', key, id FROM of_family
    )
    SELECT DISTINCT ON (f.key) f.key AS parent, f.rule, f.id AS version_id,
        m.name AS model_name, v.version AS version_label
    FROM found f JOIN model_versions v ON v.id = f.id JOIN models m ON m.id = v.model_id
    ORDER BY f.key, f.place
"""
_LASTS = (
    "({0}.sunset_on IS NULL OR {0}.sunset_on > r.day)"
    " AND ({0}.deprecated_on IS NULL OR {0}.deprecated_on > r.day)"
)
# The order of latestVersion takes the day of registration for an unknown day of release, and puts a
# rolling version last: neither says that a version is newer. What a rolling version serves changes,
# so that without a day it counts as newer.
_IS_NOT_OLDER = """CASE WHEN v.released_on IS NULL THEN v.rolling OR v.number > r.number
            ELSE v.released_on >= coalesce(r.released_on, v.released_on) END"""
_FAMILY = """substring(lower(m.name COLLATE "C") FROM '^(?:.*/)?([a-z]+)')"""


async def of_retirements(source: Source, keys: Sequence[str]) -> dict[str, Successor]:
    """The proposed successor of each retirement, by its `successor_key`; one statement for all.

    One without a successor is missing.
    """
    rows = await reader.row_by_key(source, _QUERY, keys)
    return {
        key: Successor(row.version_id, row.model_name, row.version_label, SuccessorRule(row.rule))
        for key, row in rows.items()
    }


def _build() -> sa.Select[Any]:
    text = _SELECT.format(
        family=_FAMILY,
        is_not_older=_IS_NOT_OLDER,
        lasts=_LASTS.format("v"),
        retiring_lasts=_LASTS.format("r"),
    )
    found = sa.text(text).columns(
        parent=sa.Text(),
        rule=sa.Text(),
        version_id=sa.Uuid(),
        model_name=sa.Text(),
        version_label=sa.Text(),
    )
    return sa.select(*found.subquery("successors").c)


_QUERY = Query("successors", _build, {}, is_slow=True)
