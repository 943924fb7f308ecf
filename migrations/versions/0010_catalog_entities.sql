-- The events of entries: a catalog lists a binding, or lists it no longer. They are about the
-- binding. It may be gone, for an entry outlives it: then the entry knows its name at the provider.

CREATE FUNCTION audit_listing(
    catalog_id uuid, binding_id uuid, key text, said jsonb, is_listed boolean
)
RETURNS TABLE (
    action text, kind text, subject_id uuid, subject_name text, model_id uuid, changes jsonb
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        CASE WHEN audit_listing.is_listed THEN 'LISTED' ELSE 'DELISTED' END,
        'BINDING',
        audit_listing.binding_id,
        coalesce(b.provider_model_id, audit_listing.said ->> 'provider_model_id', ''),
        b.model_id,
        CASE WHEN audit_listing.is_listed
            THEN jsonb_build_object(
                'catalog', jsonb_build_array(NULL, c.name),
                'key', jsonb_build_array(NULL, audit_listing.key)
            )
            ELSE jsonb_build_object(
                'catalog', jsonb_build_array(c.name, NULL),
                'key', jsonb_build_array(audit_listing.key, NULL)
            )
        END
    FROM catalogs c LEFT JOIN provider_bindings b ON b.id = audit_listing.binding_id
    WHERE c.id = audit_listing.catalog_id;
END;

CREATE FUNCTION audit_note_listing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
        SELECT note.* FROM new_rows n,
            audit_listing(n.catalog_id, n.binding_id, n.key, n.said, true) note
        WHERE n.delisted_at IS NULL
        ORDER BY n.id;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
        SELECT note.* FROM old_rows o,
            audit_listing(o.catalog_id, o.binding_id, o.key, o.said, false) note
        WHERE o.delisted_at IS NULL
        ORDER BY o.id;
    ELSE
        -- an entry that got another binding lists the one no longer, and the other from now on
        INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
        SELECT note.* FROM old_rows o
        JOIN new_rows n USING (id)
        CROSS JOIN LATERAL (VALUES
            (o.catalog_id, o.binding_id, o.key, o.said, o.delisted_at, false),
            (n.catalog_id, n.binding_id, n.key, n.said, n.delisted_at, true)
        ) AS side (catalog_id, binding_id, key, said, delisted_at, is_listed)
        CROSS JOIN LATERAL audit_listing(
            side.catalog_id, side.binding_id, side.key, side.said, side.is_listed
        ) note
        WHERE side.delisted_at IS NULL
            AND (o.delisted_at IS NULL, o.catalog_id, o.binding_id, o.key)
                <> (n.delisted_at IS NULL, n.catalog_id, n.binding_id, n.key)
        ORDER BY o.id, side.is_listed;
    END IF;
    RETURN NULL;
END
$$;
