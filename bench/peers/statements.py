"""The statements for routes and reports, in hand-written SQL."""

# A score needs all three figures: what is unknown, which this data has not, would give NULL.
ROUTE = b"""
WITH chosen AS MATERIALIZED (
  SELECT v.id, v.version, v.status, v.sunset_on, v.released_on
  FROM models m JOIN model_versions v ON v.id = coalesce(
    (SELECT version_id FROM model_aliases WHERE model_id = m.id AND name = 'production'),
    (SELECT id FROM model_versions WHERE model_id = m.id AND status = 'ACTIVE'
      ORDER BY release_order DESC LIMIT 1))
  WHERE lower(m.name) = lower(%(name)s)
), candidates AS MATERIALIZED (
  SELECT b.id, b.provider_model_id, b.endpoint, b.region, b.priority, b.weight, p.slug,
    price.input_per_1k + price.output_per_1k AS cost,
    coalesce(h.latency_ms_p95, b.latency_ms) AS latency,
    coalesce(h.success_rate, b.success_rate) AS success,
    coalesce(c.state, 'CLOSED') = 'CLOSED' AS is_closed
  FROM chosen v JOIN provider_bindings b ON b.version_id = v.id
    JOIN providers p ON p.id = b.provider_id
    LEFT JOIN circuits c ON c.binding_id = b.id
    LEFT JOIN binding_health h ON h.binding_id = b.id AND h.known_until > now()
    LEFT JOIN LATERAL (SELECT input_per_1k, output_per_1k FROM prices
      WHERE binding_id = b.id AND effective_from <= now()
        AND coalesce(v.released_on <= current_date, true)
      ORDER BY effective_from DESC LIMIT 1) price ON true
  WHERE b.status = 'ACTIVE' AND v.status IN ('ACTIVE', 'DEPRECATED')
    AND coalesce(least(b.sunset_on, v.sunset_on) >= current_date, true)
    AND coalesce(c.open_until <= now(), coalesce(c.state, 'CLOSED') <> 'OPEN')
    AND coalesce(c.trial_until <= now(), true)
), scored AS (
  SELECT *, power(min(cost) OVER () / cost * (min(latency) OVER () / latency)
    * (success / max(success) OVER ()), 1 / 3.0::float8) AS score
  FROM candidates
), ranked AS (
  SELECT *, row_number() OVER (ORDER BY is_closed DESC, priority, score DESC, id) AS rank
  FROM scored
)
SELECT json_build_object('route', (SELECT json_build_object(
  'version', json_build_object('id', v.id, 'version', v.version),
  'candidateCount', (SELECT count(*) FROM candidates),
  'excludedCount', (SELECT count(*) FROM provider_bindings WHERE version_id = v.id)
    - (SELECT count(*) FROM candidates),
  'candidates', (SELECT coalesce(json_agg(json_build_object(
      'rank', rank, 'score', score, 'expectedCost', cost::text,
      'binding', json_build_object('id', id, 'providerModelId', provider_model_id,
        'endpoint', endpoint, 'region', region, 'priority', priority, 'weight', weight,
        'provider', json_build_object('slug', slug))) ORDER BY rank), '[]')
    FROM ranked WHERE rank <= %(limit)s)
) FROM chosen v))::text
"""
# The rows are in the order of their keys, so that two batches cannot wait for each other.
REPORT = b"""
WITH items AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(%(items)s::jsonb) AS item (binding uuid, at timestamptz,
    outcome text, "latencyMs" float8, "inputTokens" bigint, "outputTokens" bigint)
), known AS MATERIALIZED (
  SELECT items.* FROM items JOIN provider_bindings b ON b.id = items.binding
), stored AS (
  INSERT INTO outcome_minutes AS m (binding_id, starts_at, slot, success, rate_limited, timeout,
    upstream_error, overloaded, auth, not_found, client_error, content_filter, cancelled,
    latency, latency_ms_sum, ttft, ttft_ms_sum, input_tokens, output_tokens)
  SELECT binding, date_trunc('minute', at), floor(extract(epoch FROM at) / 86400)::bigint %% 4,
    count(*) FILTER (WHERE outcome = 'SUCCESS'), count(*) FILTER (WHERE outcome = 'RATE_LIMITED'),
    count(*) FILTER (WHERE outcome = 'TIMEOUT'), count(*) FILTER (WHERE outcome = 'UPSTREAM_ERROR'),
    count(*) FILTER (WHERE outcome = 'OVERLOADED'), count(*) FILTER (WHERE outcome = 'AUTH'),
    count(*) FILTER (WHERE outcome = 'NOT_FOUND'), count(*) FILTER (WHERE outcome = 'CLIENT_ERROR'),
    count(*) FILTER (WHERE outcome = 'CONTENT_FILTER'),
    count(*) FILTER (WHERE outcome = 'CANCELLED'),
    '', coalesce(sum("latencyMs") FILTER (WHERE outcome = 'SUCCESS'), 0), '', 0,
    coalesce(sum("inputTokens"), 0), coalesce(sum("outputTokens"), 0)
  FROM known GROUP BY 1, 2, 3 ORDER BY 1, 2
  ON CONFLICT (binding_id, starts_at, slot) DO UPDATE SET
    success = m.success + excluded.success, rate_limited = m.rate_limited + excluded.rate_limited,
    timeout = m.timeout + excluded.timeout,
    upstream_error = m.upstream_error + excluded.upstream_error,
    overloaded = m.overloaded + excluded.overloaded, auth = m.auth + excluded.auth,
    not_found = m.not_found + excluded.not_found,
    client_error = m.client_error + excluded.client_error,
    content_filter = m.content_filter + excluded.content_filter,
    cancelled = m.cancelled + excluded.cancelled,
    latency_ms_sum = m.latency_ms_sum + excluded.latency_ms_sum,
    input_tokens = m.input_tokens + excluded.input_tokens,
    output_tokens = m.output_tokens + excluded.output_tokens
)
SELECT json_build_object('reportOutcomes', json_build_object(
  'accepted', (SELECT count(*) FROM known),
  'rejected', (SELECT count(*) FROM items) - (SELECT count(*) FROM known),
  'userErrors', '[]'::json))::text
"""
