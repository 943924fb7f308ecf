"""Catalogs in the audit log, and the entries of registries that imported before there were any.

Known so far is which import created a binding, and what it wrote: from the audit log, and from the
sources of prices. So each binding of a known catalog becomes an entry of it, also one that is in
cold storage, or that somebody deleted; and what imports wrote last becomes the base of the next
merge, so that it tells what people have edited. The next import of a catalog gives its entries
their own keys and values, until then they are marked `migrated`.
"""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

# The name, and the precedence, of each catalog that could be imported.
CATALOGS = """
    INSERT INTO catalogs (id, revision, name, precedence, imported_at)
    SELECT uuidv7(), 1, known.name, known.precedence, (
        SELECT max(at) FROM audit_events WHERE actor = 'import:' || known.name
    )
    FROM (VALUES ('genai-prices', 10), ('litellm', 30)) known (name, precedence)
    WHERE EXISTS (SELECT FROM audit_events WHERE actor = 'import:' || known.name)
        OR EXISTS (SELECT FROM prices WHERE source = known.name)
        OR EXISTS (SELECT FROM model_versions WHERE known.name = ANY(listed_in))
"""

# What imports wrote, newest first: one row for each value of each row.
IMPORTED = """
    CREATE TEMPORARY TABLE imported ON COMMIT DROP AS
    SELECT e.subject_id AS row_id, e.kind, c.id AS catalog_id, c.name AS catalog, e.sequence, e.at,
        e.action = 'CREATED' AS is_first, change.key AS name, change.value -> 1 AS value
    FROM catalogs c
    JOIN audit_events e ON e.actor = 'import:' || c.name
    CROSS JOIN LATERAL jsonb_each(e.changes) change
    WHERE e.kind IN ('MODEL', 'VERSION', 'BINDING', 'PROVIDER')
        AND e.action IN ('CREATED', 'UPDATED');
    CREATE INDEX ON imported (row_id, name, sequence DESC);
    ANALYZE imported;
    CREATE TEMPORARY TABLE last_imported ON COMMIT DROP AS
    SELECT DISTINCT ON (catalog_id, row_id, name) catalog_id, kind, row_id, name, value
    FROM imported WHERE value <> 'null' ORDER BY catalog_id, row_id, name, sequence DESC;
    CREATE INDEX ON last_imported (row_id, name, catalog_id);
    ANALYZE last_imported
"""

# The bindings of each catalog, as the import made them. Those without a row are in cold storage, or
# were deleted by somebody; the ones that went with a purged version are left out.
LISTED = """
    CREATE TEMPORARY TABLE listed ON COMMIT DROP AS
    WITH made AS (
        SELECT catalog_id, catalog, row_id AS binding_id, min(at) AS at,
            jsonb_object_agg(name, value) AS columns
        FROM imported WHERE kind = 'BINDING' AND is_first
        GROUP BY catalog_id, catalog, row_id
    ), priced AS (
        SELECT DISTINCT c.id AS catalog_id, c.name AS catalog, b.id AS binding_id
        FROM prices p
        JOIN catalogs c ON c.name = p.source
        JOIN provider_bindings b ON b.id = p.binding_id
    ), found AS (
        SELECT coalesce(m.catalog_id, p.catalog_id) AS catalog_id,
            coalesce(m.catalog, p.catalog) AS catalog,
            coalesce(m.binding_id, p.binding_id) AS binding_id,
            coalesce(m.at, b.created_at) AS first_seen_at,
            coalesce(b.version_id, (m.columns ->> 'version_id')::uuid) AS version_id,
            coalesce((m.columns ->> 'provider_id')::uuid, b.provider_id) AS provider_id,
            coalesce(m.columns ->> 'provider_model_id', b.provider_model_id) AS provider_model_id,
            CASE WHEN m.binding_id IS NULL THEN b.region ELSE m.columns ->> 'region' END AS region,
            b.id IS NOT NULL AS is_there
        FROM made m
        FULL JOIN priced p ON p.catalog_id = m.catalog_id AND p.binding_id = m.binding_id
        LEFT JOIN provider_bindings b ON b.id = coalesce(m.binding_id, p.binding_id)
    ), ranked AS (
        SELECT f.*, p.slug, row_number() OVER (
            PARTITION BY f.catalog_id, p.slug, f.provider_model_id, f.region
            ORDER BY f.is_there DESC, v.id IS NULL, f.binding_id DESC
        ) AS place
        FROM found f
        JOIN providers p ON p.id = f.provider_id
        LEFT JOIN model_versions v ON v.id = f.version_id
        WHERE f.is_there OR NOT EXISTS (
            SELECT FROM audit_events e
            WHERE e.subject_id = f.version_id AND e.kind = 'VERSION' AND e.action = 'PURGED'
        )
    )
    SELECT * FROM ranked WHERE is_there OR place = 1;
    CREATE INDEX ON listed (binding_id);
    ANALYZE listed
"""

# A price of the catalog with the day on which it starts, if the catalog said one: released imports
# wrote 2020-01-01 for "not known", and the time of the import for a change without a date.
PRICES = """
    CREATE TEMPORARY TABLE listed_prices ON COMMIT DROP AS
    WITH priced AS (
        SELECT p.binding_id, p.source, p.effective_from,
            CASE WHEN isfinite(p.effective_from)
                AND p.effective_from <> '2020-01-01T00:00:00Z'
                AND p.effective_from AT TIME ZONE 'UTC'
                    = date_trunc('day', p.effective_from AT TIME ZONE 'UTC')
                THEN (p.effective_from AT TIME ZONE 'UTC')::date
            END AS day,
            coalesce(nullif(p.components, '[]'), (
                SELECT jsonb_agg(jsonb_build_object(
                    'meter', meter, 'unit', 'TOKENS_1K', 'amount', trim_scale(amount)::text,
                    'aboveInputTokens', 0, 'variant', 'STANDARD'
                ) ORDER BY meter)
                FROM (VALUES
                    ('CACHE_READ', p.cache_read_per_1k), ('CACHE_WRITE', p.cache_write_per_1k),
                    ('INPUT', p.input_per_1k), ('OUTPUT', p.output_per_1k)
                ) parts (meter, amount) WHERE amount IS NOT NULL
            ), '[]') AS components
        FROM prices p JOIN catalogs c ON c.name = p.source
    ), undated AS (
        SELECT binding_id, source, max(effective_from) AS effective_from
        FROM priced WHERE day IS NULL GROUP BY binding_id, source
    )
    SELECT p.binding_id, p.source AS catalog, jsonb_agg(
        jsonb_build_object('effective_from', p.day, 'components', p.components)
        ORDER BY p.effective_from
    ) AS prices
    FROM priced p LEFT JOIN undated u USING (binding_id, source)
    WHERE u.effective_from IS NULL OR p.effective_from >= u.effective_from
    GROUP BY p.binding_id, p.source;
    CREATE INDEX ON listed_prices (binding_id);
    ANALYZE listed_prices
"""

# A later import on the same schema may have found that the catalog names the version no longer.
ENTRIES = r"""
    INSERT INTO catalog_entries (
        id, catalog_id, key, binding_id, version_id, said,
        first_seen_at, last_seen_at, delisted_at
    )
    SELECT uuidv7(), l.catalog_id,
        l.slug || '/' || l.provider_model_id || coalesce('@' || l.region, '')
            || CASE WHEN l.place > 1 THEN '#' || l.place ELSE '' END,
        l.binding_id, l.version_id,
        jsonb_build_object(
            'migrated', true, 'provider', l.slug, 'provider_model_id', l.provider_model_id,
            'region', l.region, 'same_as', '[]'::jsonb,
            -- today's model and version: so the binding stays where it is until the next import
            'raw_name', coalesce(named.name || CASE WHEN v.version ~ '^20\d\d\.\d\d?\.\d\d?$'
                THEN '-' || to_char(to_date(v.version, 'YYYY.MM.DD'), 'YYYY-MM-DD') ELSE '' END,
                l.provider_model_id),
            'said', (
                SELECT coalesce(jsonb_object_agg(name, value), '{}')
                FROM (
                    SELECT 'prices' AS name, p.prices AS value WHERE p.prices IS NOT NULL
                    UNION ALL
                    SELECT CASE i.name WHEN 'name' THEN 'provider_name' ELSE i.name END, i.value
                    FROM last_imported i
                    WHERE i.catalog_id = l.catalog_id AND (
                        (i.row_id = l.binding_id AND i.name = 'sunset_on')
                        OR (i.row_id = m.id AND i.name IN ('task', 'description'))
                        OR (i.row_id = l.provider_id AND i.name IN ('name', 'api_base', 'docs_url'))
                    )
                ) known
            )
        ),
        l.first_seen_at,
        CASE WHEN gone.at IS NOT NULL THEN greatest(l.first_seen_at, v.created_at) END,
        gone.at
    FROM listed l
    LEFT JOIN model_versions v ON v.id = l.version_id
    LEFT JOIN models m ON m.id = v.model_id
    LEFT JOIN LATERAL (
        SELECT coalesce((
            SELECT value #>> '{}' FROM imported i WHERE i.row_id = m.id AND i.name = 'name'
            ORDER BY sequence DESC LIMIT 1
        ), m.name) AS name
    ) named ON true
    LEFT JOIN listed_prices p ON p.binding_id = l.binding_id AND p.catalog = l.catalog
    LEFT JOIN LATERAL (
        SELECT i.at FROM imported i WHERE i.row_id = l.version_id AND i.name = 'listed_in'
            AND i.catalog_id = l.catalog_id AND NOT i.is_first
            AND NOT coalesce(l.catalog = ANY(v.listed_in), false)
        ORDER BY sequence DESC LIMIT 1
    ) gone ON true
    ORDER BY l.catalog, l.binding_id
"""

# An empty list of capabilities stood for unknown ones: see 0008.
VALUES = """
    INSERT INTO catalog_values (row_id, columns)
    SELECT row_id, jsonb_object_agg(name, CASE
        WHEN name = 'capabilities' AND value = '[]' THEN 'null' ELSE value
    END)
    FROM (
        SELECT DISTINCT ON (row_id, name) row_id, name, value FROM imported
        WHERE (kind, name) IN (
            ('MODEL', 'name'), ('MODEL', 'task'), ('MODEL', 'description'),
            ('VERSION', 'status'), ('VERSION', 'context_window'),
            ('VERSION', 'max_output_tokens'), ('VERSION', 'capabilities'),
            ('BINDING', 'priority'), ('BINDING', 'sunset_on'),
            ('PROVIDER', 'name'), ('PROVIDER', 'api_base'), ('PROVIDER', 'docs_url')
        )
        ORDER BY row_id, name, sequence DESC
    ) last
    WHERE row_id IN (
        SELECT id FROM models UNION ALL SELECT id FROM model_versions
        UNION ALL SELECT id FROM providers UNION ALL SELECT binding_id FROM listed
    )
    GROUP BY row_id
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    # without ON DELETE CASCADE: the events of an entry name its catalog
    op.drop_constraint(op.f("fk_catalog_entries_catalog_id"), "catalog_entries")
    op.create_foreign_key(
        op.f("fk_catalog_entries_catalog_id"), "catalog_entries", "catalogs", ["catalog_id"], ["id"]
    )
    _audit("catalogs", "audit_note('CATALOG', 'id', 'name', '')")
    _audit("catalog_entries", "audit_note_listing()")
    op.execute("SELECT set_config('registry.actor', 'migration', true)")
    op.execute("SET LOCAL timezone TO 'UTC'")
    for statements in (CATALOGS, IMPORTED, LISTED, PRICES, ENTRIES, VALUES):
        for statement in statements.split(";"):
            op.execute(statement)
    op.execute("ANALYZE catalogs, catalog_entries, catalog_values")


def _audit(table: str, function: str) -> None:
    for operation, seen in (
        ("INSERT", "NEW TABLE AS new_rows"),
        ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("DELETE", "OLD TABLE AS old_rows"),
    ):
        op.execute(
            f"CREATE TRIGGER audit_{operation.lower()} AFTER {operation} ON {table}"
            f" REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION {function}"
        )
    op.execute(
        f"CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_sees_no_truncate()"
    )


def downgrade() -> None:
    for table in ("catalog_entries", "catalogs"):
        for operation in ("insert", "update", "delete", "truncate"):
            op.execute(f"DROP TRIGGER audit_{operation} ON {table}")
    op.execute("DROP FUNCTION audit_note_listing()")
    op.execute("DROP FUNCTION audit_listing(uuid, uuid, text, jsonb, boolean)")
    op.execute("DELETE FROM catalog_values")
    op.execute("DELETE FROM catalog_entries")
    op.execute("DELETE FROM catalogs")
    op.drop_constraint(op.f("fk_catalog_entries_catalog_id"), "catalog_entries")
    op.create_foreign_key(
        op.f("fk_catalog_entries_catalog_id"),
        "catalog_entries",
        "catalogs",
        ["catalog_id"],
        ["id"],
        ondelete="CASCADE",
    )
