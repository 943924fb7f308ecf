"""The application: settings, HTTP, operations, commands. No other package of ours imports it."""
