"""The resolvers of fields: inputs, rules and transactions. They take and return rows."""
