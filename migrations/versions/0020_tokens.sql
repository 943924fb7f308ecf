-- Each process keeps the valid tokens in memory, and reads them again when this counter differs.
CREATE FUNCTION count_token_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE registry_state SET tokens_revision = tokens_revision + 1;
    RETURN NULL;
END
$$;
