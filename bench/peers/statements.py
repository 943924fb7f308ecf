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
