-- The events of circuits. They are about the binding: its circuit opened, a trial of it was claimed,
-- or it closed. A row that goes with its binding leaves none: the binding's own event says it.

CREATE FUNCTION audit_circuit(binding_id uuid, before jsonb, after jsonb)
RETURNS TABLE (
    action text, kind text, subject_id uuid, subject_name text, model_id uuid, changes jsonb
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        CASE after ->> 'state'
            WHEN 'OPEN' THEN 'CIRCUIT_OPENED'
            WHEN 'HALF_OPEN' THEN 'CIRCUIT_HALF_OPENED'
            ELSE 'CIRCUIT_CLOSED'  -- so is a circuit without a row
        END,
        'BINDING', b.id, b.provider_model_id, b.model_id,
        audit_changes(before - 'binding_id', after - 'binding_id')
    FROM provider_bindings b WHERE b.id = audit_circuit.binding_id;
END;

-- Times are noted in UTC, whatever the session's time zone is.
CREATE FUNCTION audit_note_circuit() RETURNS trigger LANGUAGE plpgsql SET timezone TO 'UTC' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
        SELECT note.* FROM new_rows n, audit_circuit(n.binding_id, NULL, to_jsonb(n)) note
        ORDER BY n.binding_id;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
        SELECT note.* FROM old_rows o, audit_circuit(o.binding_id, to_jsonb(o), NULL) note
        ORDER BY o.binding_id;
    ELSE
        INSERT INTO audit_pending (action, kind, subject_id, subject_name, model_id, changes)
        -- a row that got another binding is one that went and one that came
        SELECT note.* FROM old_rows o FULL JOIN new_rows n USING (binding_id),
            audit_circuit(binding_id, to_jsonb(o), to_jsonb(n)) note
        WHERE note.changes <> '{}'
        ORDER BY binding_id;
    END IF;
    RETURN NULL;
END
$$;
