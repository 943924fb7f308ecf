"""A registry so large that PostgreSQL chooses the plans that it chooses in production."""

from uuid import UUID

import psycopg

from db.postgres.engine import Database
from db.writes import lowest_prices

MODELS, VERSIONS, BINDINGS = 5_000, 25_000, 100_000
HEALTHS = 500  # bindings with traffic
MOVES = 100_000  # of aliases, 20 of each

# Values follow the number of the row; a rare value is in one row of 500.
_SEED = f"""
SET session_replication_role = replica;  -- no triggers, so no audit events
CREATE FUNCTION pg_temp.key(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN (lpad(to_hex(n), 12, '0') || '70008000' || lpad(kind, 12, '0'))::uuid;
INSERT INTO providers (id, revision, slug, name, kind)
    SELECT pg_temp.key('1', n), 1, 'provider-' || n, 'Provider ' || n, 'OPENAI'
    FROM generate_series(0, 499) n;
INSERT INTO models (
    id, revision, name, task, subject, labels, retention_keep, created_at, updated_at)
    SELECT pg_temp.key('2', n), 1, 'model-' || n, CASE n % 500 WHEN 0 THEN 'OCR' ELSE 'CHAT' END,
        'subject-' || n % 500, jsonb_build_object('team', 'team-' || n % 500), 3,
        timestamptz '2020-01-01Z' + n * interval '1 minute',
        timestamptz '2021-01-01Z' + n * interval '1 minute'
    FROM generate_series(0, {MODELS - 1}) n;
INSERT INTO model_versions (
    id, revision, model_id, number, version, semver_key, content_hash, region, status,
    eval_score, cost_per_1k, slo_latency_ms, context_window, capabilities, released_on, rolling,
    deprecated_on, sunset_on, archived_at, archive_reason, held_at, hold_reason, hold_actor,
    created_at)
    SELECT pg_temp.key('3', n), 1, pg_temp.key('2', n / 5), n % 5 + 1, n || '.0.0',
        lpad(n::text, 6, '0'), encode(sha256(n::text::bytea), 'hex'), 'region-' || n % 500,
        CASE n % 500 WHEN 0 THEN 'DRAFT' WHEN 3 THEN 'ARCHIVED' ELSE 'ACTIVE' END,
        CASE WHEN n % 10 > 0 THEN n / {VERSIONS}.0 END,
        CASE WHEN n % 10 > 0 THEN n * 0.01 END, 50, CASE WHEN n % 50 <> 9 THEN n + 1 END,
        CASE WHEN n % 500 = 0 THEN ARRAY['REASONING'] WHEN n % 2500 = 4 THEN ARRAY['COMPUTER_USE']
            ELSE ARRAY['TOOLS', 'STREAMING'] END,
        CASE WHEN n % 10 > 0 THEN date '2020-01-01' + (n / 10)::int END, n % 500 = 0,
        CASE n % 500 WHEN 4 THEN date '2028-01-01' + n / 500 END,
        CASE n % 500 WHEN 4 THEN date '2030-01-01' + n / 500 END,
        CASE n % 500 WHEN 3 THEN timestamptz '2022-01-01Z' + n * interval '1 minute' END,
        CASE n % 500 WHEN 3 THEN 'MANUAL' END,
        CASE n % 500 WHEN 6 THEN timestamptz '2022-01-01Z' END,
        CASE n % 500 WHEN 6 THEN 'an audit' END, CASE n % 500 WHEN 6 THEN 'ann' END,
        timestamptz '2020-01-01Z' + n * interval '1 minute'
    FROM generate_series(0, {VERSIONS - 1}) n;
INSERT INTO model_aliases (id, revision, model_id, name, version_id)
    SELECT pg_temp.key('4', n), 1, pg_temp.key('2', n),
        CASE n % 500 WHEN 0 THEN 'canary' ELSE 'production' END, pg_temp.key('3', n * 5)
    FROM generate_series(0, {MODELS - 1}) n;
INSERT INTO provider_bindings (
    id, revision, version_id, model_id, provider_id, provider_model_id, region, status,
    priority, weight, success_rate, latency_ms, capabilities, context_window, sunset_on,
    created_at)
    SELECT pg_temp.key('5', n), 1, pg_temp.key('3', n / 4), pg_temp.key('2', n / 20),
        pg_temp.key('1', n % 500), 'served-' || n, 'region-' || n % 5000,
        CASE n % 500 WHEN 0 THEN 'DRAINING' ELSE 'ACTIVE' END, n, 100,
        CASE WHEN n % 10 > 0 THEN n / {BINDINGS}.0 END,
        CASE WHEN n % 10 > 0 THEN n * 0.01 + 1 END,
        CASE n % 500 WHEN 7 THEN ARRAY['VISION'] WHEN 8 THEN ARRAY[]::text[] END,
        CASE n % 500 WHEN 7 THEN n END, CASE n % 500 WHEN 7 THEN date '2030-01-01' + n / 500 END,
        timestamptz '2020-01-01Z' + n * interval '1 minute'
    FROM generate_series(0, {BINDINGS - 1}) n;
INSERT INTO binding_health (
    binding_id, window_start, succeeded, failed, rate_limited, latency, ttft, state, success_rate,
    latency_ms_p50, latency_ms_p95, known_until, consecutive_failures, recent)
    SELECT pg_temp.key('5', n * 200 + 100), now(), 90, 10, 0, '', '',
        CASE n % 5 WHEN 0 THEN 'DEGRADED' ELSE 'HEALTHY' END, n / {HEALTHS}.0, n + 1, n + 1,
        timestamptz '2100-01-01Z', 0, '[]'
    FROM generate_series(0, {HEALTHS - 1}) n;
INSERT INTO circuits (binding_id, state, openings, changed_at)
    SELECT pg_temp.key('5', n * 200 + 100), 'OPEN', 1, now() FROM generate_series(0, 19) n;
INSERT INTO prices (id, binding_id, input_per_1k, output_per_1k, effective_from)
    SELECT pg_temp.key('6', n), pg_temp.key('5', n), n * 0.01, n * 0.01, timestamptz '2020-01-01Z'
    FROM generate_series(0, {BINDINGS - 1}) n WHERE n % 10 > 0;
INSERT INTO audit_events (
    id, sequence, at, actor, action, kind, subject_id, subject_name, model_id, changes)
    SELECT pg_temp.key('7', n), n, timestamptz '2020-01-01Z' + n * interval '1 minute', 'ann',
        'ALIASED', 'ALIAS', a.model_id, a.name, a.model_id,
        jsonb_build_object('version_id', jsonb_build_array(NULL, a.version_id))
    FROM generate_series(0, {MOVES - 1}) n JOIN model_aliases a
        ON a.id = pg_temp.key('4', n % {MODELS});
"""


def key(kind: int, number: int) -> UUID:
    """A row's key; kinds: 1 provider, 2 model, 3 version, 5 binding."""
    return UUID(f"{number:012x}70008000{kind:012d}")


async def seed(database: Database, url: str) -> None:
    """Fill an empty registry, and update what the jobs do and PostgreSQL's statistics."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_SEED)
        connection.execute("VACUUM ANALYZE")
        await lowest_prices.refresh(database)
        connection.execute("VACUUM ANALYZE lowest_prices")
