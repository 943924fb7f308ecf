"""What each field does: inputs, rules and transactions; speaks rows."""
