-- The audit log writes itself. Statement triggers on each audited table note what changed in
-- audit_pending; a deferred trigger, at commit, gives the notes their sequence numbers and moves them
-- to audit_events. So no change is without its event, whoever makes it: a mutation, an import, a
-- cascade, or somebody in psql.
--
-- A transaction may say who it is and what it does:
--   registry.actor       default: the database user
--   registry.request_id
--   registry.action      <KIND>:<ACTION>, where the action cannot be told from the rows alone

-- Holds rows of open transactions only: each takes its own out again at commit. It is not logged,
-- for no row of it ever outlives its transaction.
CREATE UNLOGGED TABLE audit_pending (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action text NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    subject_name text NOT NULL,
    model_id uuid,
    changes jsonb NOT NULL
);

CREATE FUNCTION audit_changes(before jsonb, after jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    -- last_number is the counter behind versions' numbers, which their own events show
    SELECT coalesce(jsonb_object_agg(key, jsonb_build_array(before -> key, after -> key)), '{}')
    FROM jsonb_object_keys(coalesce(after, before)) AS key
    WHERE key <> 'last_number'
      AND coalesce(before -> key, 'null') <> coalesce(after -> key, 'null')
);

CREATE FUNCTION audit_action(kind text, before jsonb, after jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN split_part(current_setting('registry.action', true), ':', 1) = kind
        THEN split_part(current_setting('registry.action', true), ':', 2)
    WHEN after IS NULL THEN 'DELETED'
    WHEN kind = 'PRICE' THEN 'PRICED'
    WHEN kind = 'ALIAS' THEN 'ALIASED'
    WHEN before IS NULL THEN 'CREATED'
    WHEN kind <> 'VERSION' THEN 'UPDATED'
    WHEN after ->> 'status' = 'ARCHIVED' AND before ->> 'status' <> 'ARCHIVED' THEN 'ARCHIVED'
    WHEN after ->> 'status' <> 'ARCHIVED' AND before ->> 'status' = 'ARCHIVED' THEN 'RESTORED'
    WHEN before ->> 'held_at' IS NULL AND after ->> 'held_at' IS NOT NULL THEN 'HELD'
    WHEN before ->> 'held_at' IS NOT NULL AND after ->> 'held_at' IS NULL THEN 'RELEASED'
    ELSE 'UPDATED'
END;

-- What one changed row leaves in audit_pending. A price has no model of its own: it is its binding's.
CREATE FUNCTION audit_pending_row(kind text, columns text[], before jsonb, after jsonb)
RETURNS TABLE (
    action text, kind_ text, subject_id uuid, subject_name text, model_id uuid, changes jsonb
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        audit_action(kind, before, after),
        kind,
        (coalesce(after, before) ->> columns[1])::uuid,
        coalesce(after, before) ->> columns[2],
        CASE WHEN kind = 'PRICE'
            THEN (SELECT b.model_id FROM provider_bindings b
                  WHERE b.id = (coalesce(after, before) ->> 'binding_id')::uuid)
            ELSE (coalesce(after, before) ->> columns[3])::uuid
        END,
        audit_changes(before, after);
END;

-- Arguments: the kind, and the columns that hold the subject's id, its name, and its model's id.
-- Times are noted in UTC, whatever the session's time zone is.
CREATE FUNCTION audit_note() RETURNS trigger LANGUAGE plpgsql SET timezone TO 'UTC' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
        SELECT note.* FROM new_rows n, audit_pending_row(TG_ARGV[0], TG_ARGV[1:3], NULL, to_jsonb(n)) note
        ORDER BY n.id;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
        SELECT note.* FROM old_rows o, audit_pending_row(TG_ARGV[0], TG_ARGV[1:3], to_jsonb(o), NULL) note
        ORDER BY o.id;
    ELSE
        INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
        -- a row that got another id is one that went and one that came
        SELECT note.* FROM old_rows o FULL JOIN new_rows n ON n.id = o.id,
            audit_pending_row(TG_ARGV[0], TG_ARGV[1:3], to_jsonb(o), to_jsonb(n)) note
        WHERE note.changes <> '{}'
        ORDER BY o.id, n.id;
    END IF;
    RETURN NULL;
END
$$;

-- The counter's row stays locked until the commit is done, so numbers are given in commit order:
-- whoever has seen number N has seen, or can now read, every number below it.
CREATE FUNCTION audit_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sealed bigint := coalesce(nullif(current_setting('registry.sealed', true), ''), '0');
    noted bigint;
    last bigint;
    last_place bigint;
    sealed_at timestamptz;
BEGIN
    IF NEW.place <= sealed THEN
        RETURN NULL;  -- the first note's call took all, though the trigger fires for each
    END IF;
    -- The first note has the lowest place: by it the index passes over what others left to vacuum.
    SELECT count(*), max(place) INTO noted, last_place FROM audit_pending WHERE place >= NEW.place;
    PERFORM set_config('registry.sealed', last_place::text, true);
    UPDATE registry_state SET revision = revision + noted RETURNING revision INTO last;
    sealed_at := clock_timestamp();  -- with the counter in hand, so that times follow sequence
    WITH notes AS (DELETE FROM audit_pending WHERE place >= NEW.place RETURNING *)
    INSERT INTO audit_events (
        id, sequence, at, actor, request_id,
        action, kind, subject_id, subject_name, model_id, changes
    )
    SELECT
        uuidv7(), last - noted + row_number() OVER (ORDER BY place), sealed_at,
        coalesce(nullif(current_setting('registry.actor', true), ''), session_user),
        nullif(current_setting('registry.request_id', true), ''),
        action, kind, subject_id, subject_name, model_id, changes
    FROM notes;
    PERFORM pg_notify('registry_changed', last::text);
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER audit_seal AFTER INSERT ON audit_pending
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_seal();

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_events is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$$;

-- TRUNCATE shows no trigger the rows that go, so it could leave no event.
CREATE FUNCTION audit_sees_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = 'the audit log would miss a TRUNCATE of ' || TG_TABLE_NAME || ': use DELETE',
        ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
