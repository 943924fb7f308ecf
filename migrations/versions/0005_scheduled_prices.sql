-- The data version changes when a scheduled price takes effect. It must not read `prices`: who locks
-- that table would stop every repeated query, also those that read no price. So a trigger notes the
-- prices that take effect after their transaction began. A note stays when its price is deleted: the
-- data version then changes once without need.

CREATE FUNCTION schedule_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO scheduled_prices (effective_from, binding_id)
    VALUES (NEW.effective_from, NEW.binding_id) ON CONFLICT DO NOTHING;
    -- those that have taken effect; without waiting for a transaction that deletes the same ones
    DELETE FROM scheduled_prices WHERE (effective_from, binding_id) IN (
        SELECT s.effective_from, s.binding_id FROM scheduled_prices s
        WHERE s.effective_from <= now() ORDER BY 1 LIMIT 100 FOR UPDATE SKIP LOCKED
    );
    RETURN NULL;
END
$$;

-- The condition is checked per row and costs nothing: almost all prices take effect at once.
CREATE TRIGGER schedule_price AFTER INSERT OR UPDATE OF effective_from ON prices
FOR EACH ROW WHEN (NEW.effective_from > now()) EXECUTE FUNCTION schedule_price();

-- CREATE TRIGGER has locked `prices` against writes, so no price is missing here.
INSERT INTO scheduled_prices (effective_from, binding_id)
SELECT effective_from, binding_id FROM prices WHERE effective_from > now();
