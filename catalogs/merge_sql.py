"""The SQL statements that merge the temporary tables of an import into the registry's tables."""


def _insert(kind: str, insert: str) -> str:
    """The INSERT, with a row in import_changes for each row that it creates."""
    return f"""
        WITH new AS ({insert} RETURNING *)
        INSERT INTO import_changes (kind, action) SELECT '{kind}', 'created' FROM new
    """  # noqa: S608 - all parts are constants of this file


def _update(kind: str, table: str, joins: str, columns: dict[str, str]) -> str:
    """An UPDATE of the rows in which a column differs from its expression in `columns`.

    `t` is the table's row in the expressions and in `joins`, the rest of the FROM clause. Rows are
    locked in the order of their keys, so that two writers wait for each other and do not deadlock.
    """
    names = ", ".join(columns)
    expressions = ", ".join(columns.values())
    values = ", ".join(f"{value} AS new_{name}" for name, value in columns.items())
    current = ", ".join(f"t.{name}" for name in columns)
    assigned = ", ".join(f"new_{name}" for name in columns)
    return f"""
        WITH old AS (
            SELECT t.id AS old_id, {values} FROM {table} t {joins}
            WHERE ROW({current}) IS DISTINCT FROM ROW({expressions})
            ORDER BY t.id FOR UPDATE OF t
        ), changed AS (
            UPDATE {table} SET ({names}) = ROW({assigned}),
                revision = revision + 1, updated_at = now()
            FROM old WHERE id = old_id RETURNING id
        )
        INSERT INTO import_changes (kind, action) SELECT '{kind}', 'changed' FROM changed
    """  # noqa: S608 - all parts are constants of this file


INSERT_PROVIDERS = _insert(
    "provider",
    """
    INSERT INTO providers (id, revision, slug, name, kind, api_base, docs_url)
    SELECT s.ref, 1, s.slug, s.name, s.kind, s.api_base, s.docs_url FROM staged_providers s
    WHERE NOT EXISTS (SELECT FROM providers p WHERE p.slug = s.slug)
    ORDER BY s.ref ON CONFLICT (slug) DO NOTHING
    """,
)
FILL_PROVIDERS = _update(
    "provider",
    "providers",
    "JOIN staged_providers s USING (slug)",
    {
        "api_base": "coalesce(t.api_base, s.api_base)",
        "docs_url": "coalesce(t.docs_url, s.docs_url)",
    },
)

INSERT_MODELS = _insert(
    "model",
    """
    INSERT INTO models (id, revision, name, task, subject, description, labels, retention_keep)
    SELECT s.ref, 1, s.name, s.task, s.subject, s.description, s.labels, 3 FROM staged_models s
    WHERE NOT EXISTS (SELECT FROM models m WHERE lower(m.name) = lower(s.name))
    ORDER BY s.ref ON CONFLICT (lower(name)) DO NOTHING
    """,
)
FILL_MODELS = _update(
    "model",
    "models",
    "JOIN staged_models s ON lower(s.name) = lower(t.name)",
    {"description": "coalesce(t.description, s.description)"},
)
# Version numbers are assigned under the model's lock, as in createVersion.
LOCK_MODELS = """
    SELECT FROM models m JOIN staged_models s ON lower(s.name) = lower(m.name)
    ORDER BY m.id FOR NO KEY UPDATE OF m
"""

# The catalogs that list a version, and this one. NULL stands for "none", also in `:catalog`.
_LISTED_IN = """
    nullif(ARRAY(
        SELECT DISTINCT name FROM unnest(t.listed_in || cast(:catalog AS text)) AS name
        WHERE name IS NOT NULL ORDER BY name
    ), '{}')
"""
INSERT_VERSIONS = """
    WITH missing AS (
        SELECT s.*, m.id AS model_id, m.last_number
            + row_number() OVER (PARTITION BY m.id ORDER BY s.semver_key, s.version) AS number
        FROM staged_versions s JOIN models m ON lower(m.name) = lower(s.model)
        WHERE NOT EXISTS (
            SELECT FROM model_versions v
            WHERE v.model_id = m.id
            AND (v.version = s.version OR v.content_hash = s.content_hash)
        )
    ), new AS (
        INSERT INTO model_versions (
            id, revision, model_id, number, version, semver_key, content_hash, region, status,
            eval_score, cost_per_1k, slo_latency_ms, slo_success_rate,
            context_window, max_output_tokens, capabilities, listed_in
        )
        SELECT ref, 1, model_id, number, version, semver_key, content_hash, region, status,
            eval_score, cost_per_1k, slo_latency_ms, slo_success_rate,
            context_window, max_output_tokens, capabilities,
            nullif(ARRAY[cast(:catalog AS text)], ARRAY[NULL::text])
        FROM missing ORDER BY ref
        RETURNING id, model_id, number
    ), counted AS (
        UPDATE models m SET last_number = top.number
        FROM (SELECT model_id, max(number) AS number FROM new GROUP BY model_id) top
        WHERE m.id = top.model_id
    )
    INSERT INTO import_changes (kind, action) SELECT 'version', 'created' FROM new
"""
# Catalogs disagree: the larger figure and the union of capabilities are stored, because some
# providers offer less than the version can do. So the facts do not depend on the order of imports.
UPDATE_VERSIONS = _update(
    "version",
    "model_versions",
    """
    JOIN models m ON m.id = t.model_id
    JOIN staged_versions s ON lower(s.model) = lower(m.name) AND s.version = t.version
        AND t.status <> 'ARCHIVED'
    """,
    {
        "context_window": "greatest(s.context_window, t.context_window)",
        "max_output_tokens": "greatest(s.max_output_tokens, t.max_output_tokens)",
        "capabilities": """
            CASE WHEN s.capabilities IS NULL OR s.capabilities <@ t.capabilities THEN t.capabilities
            ELSE ARRAY(SELECT DISTINCT unnest(t.capabilities || s.capabilities) ORDER BY 1) END
        """,
        "listed_in": _LISTED_IN,
    },
)
# An archived version stays as it is. That a catalog lists it counts once it is restored.
LIST_ARCHIVED = _update(
    "archived version",
    "model_versions",
    """
    JOIN models m ON m.id = t.model_id
    JOIN staged_versions s ON lower(s.model) = lower(m.name) AND s.version = t.version
        AND t.status = 'ARCHIVED'
    """,
    {"listed_in": _LISTED_IN},
)
NAME_VERSIONS = """
    INSERT INTO named_versions
    SELECT v.id FROM model_versions v
    JOIN models m ON m.id = v.model_id
    JOIN staged_versions s ON lower(s.model) = lower(m.name) AND s.version = v.version
"""
_NOT_NAMED = """
    cast(:catalog AS text) = ANY(t.listed_in)
    AND NOT EXISTS (SELECT FROM named_versions n WHERE n.id = t.id)
"""
SELECT_DELISTED = f"""
    SELECT m.name AS model, t.version FROM model_versions t JOIN models m ON m.id = t.model_id
    WHERE {_NOT_NAMED} ORDER BY m.name, t.version
"""  # noqa: S608 - all parts are constants of this file
DELIST_VERSIONS = _update(
    "delisted version",
    "model_versions",
    f"""
    JOIN (SELECT t.id AS delisted_id FROM model_versions t WHERE {_NOT_NAMED}) delisted
        ON delisted_id = t.id
    """,  # noqa: S608 - all parts are constants of this file
    {"listed_in": "nullif(array_remove(t.listed_in, cast(:catalog AS text)), '{}')"},
)
# A binding's foreign key needs a key lock of its version: with these locks no other transaction can
# add bindings to these versions, so bindings that are missing now stay missing until the INSERT.
LOCK_VERSIONS = """
    SELECT FROM model_versions v
    JOIN models m ON m.id = v.model_id
    JOIN staged_versions s ON lower(s.model) = lower(m.name) AND s.version = v.version
    ORDER BY v.id FOR UPDATE OF v
"""
# Staged versions that get no bindings: the archived ones, and those that have no row, because a
# version of the model with another number has their content hash.
UNRESOLVED = """
    SELECT s.model, s.version, v.id IS NOT NULL AS is_archived
    FROM staged_versions s
    JOIN models m ON lower(m.name) = lower(s.model)
    LEFT JOIN model_versions v ON v.model_id = m.id AND v.version = s.version
    WHERE v.id IS NULL OR v.status = 'ARCHIVED'
    ORDER BY s.model, s.version
"""

RESOLVE_BINDINGS = """
    INSERT INTO resolved_bindings
    SELECT coalesce(b.id, s.ref), b.id IS NULL, v.id, v.model_id, p.id, s.*
    FROM staged_bindings s
    JOIN models m ON lower(m.name) = lower(s.model)
    JOIN model_versions v
        ON v.model_id = m.id AND v.version = s.version AND v.status <> 'ARCHIVED'
    JOIN providers p ON p.slug = s.provider
    LEFT JOIN provider_bindings b
        ON b.version_id = v.id AND b.provider_id = p.id
        AND b.provider_model_id = s.provider_model_id AND b.region IS NOT DISTINCT FROM s.region
"""
INSERT_BINDINGS = _insert(
    "binding",
    """
    INSERT INTO provider_bindings (
        id, revision, version_id, model_id, provider_id, provider_model_id, region, config,
        status, priority, weight, sunset_on, success_rate, latency_ms
    )
    SELECT id, 1, version_id, model_id, provider_id, provider_model_id, region, '{}'::jsonb,
        status, priority, weight, sunset_on, success_rate, latency_ms
    FROM resolved_bindings WHERE is_new ORDER BY id
    """,
)
UPDATE_BINDINGS = _update(
    "binding",
    "provider_bindings",
    "JOIN resolved_bindings s ON s.id = t.id AND NOT s.is_new",
    {"sunset_on": "coalesce(s.sunset_on, t.sunset_on)"},
)

INSERT_DATED_PRICES = _insert(
    "price",
    """
    INSERT INTO prices (
        id, binding_id, input_per_1k, output_per_1k, cache_read_per_1k, effective_from, source
    )
    SELECT s.ref, r.id, s.input_per_1k, s.output_per_1k, s.cache_read_per_1k, s.effective_from,
        :source
    FROM staged_prices s JOIN resolved_bindings r ON r.ref = s.binding
    WHERE s.effective_from IS NOT NULL AND NOT EXISTS (
        SELECT FROM prices p WHERE p.binding_id = r.id AND p.effective_from = s.effective_from
    )
    ORDER BY s.ref
    """,
)
# A price is compared with the last price of the same source, so that two sources that disagree, or
# a price that an operator set, do not make every import add a row.
INSERT_TODAYS_PRICES = _insert(
    "price",
    """
    INSERT INTO prices (
        id, binding_id, input_per_1k, output_per_1k, cache_read_per_1k, effective_from, source
    )
    SELECT s.ref, s.binding_id, s.input_per_1k, s.output_per_1k, s.cache_read_per_1k,
        CASE WHEN last.binding_id IS NULL THEN cast(:epoch AS timestamptz) ELSE now() END, :source
    FROM (
        SELECT DISTINCT ON (r.id) s.*, r.id AS binding_id
        FROM staged_prices s JOIN resolved_bindings r ON r.ref = s.binding
        WHERE s.effective_from IS NULL OR s.effective_from <= now()
        ORDER BY r.id, s.effective_from DESC NULLS FIRST
    ) s
    LEFT JOIN LATERAL (
        SELECT p.* FROM prices p
        WHERE p.binding_id = s.binding_id AND p.effective_from <= now()
        ORDER BY p.source IS NOT DISTINCT FROM :source DESC, p.effective_from DESC LIMIT 1
    ) last ON true
    WHERE last.binding_id IS NULL
        OR ROW(last.input_per_1k, last.output_per_1k, last.cache_read_per_1k)
            IS DISTINCT FROM ROW(s.input_per_1k, s.output_per_1k, s.cache_read_per_1k)
    ORDER BY s.ref
    """,
)

COUNT_CHANGES = "SELECT kind, action, count(*) AS total FROM import_changes GROUP BY kind, action"


def copy(table: str, columns: str) -> bytes:
    """The COPY statement that fills a temporary table."""
    return f"COPY {table} ({columns}) FROM STDIN".encode()
