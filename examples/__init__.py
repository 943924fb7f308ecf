"""Programs that use the registry's API as anyone could; they import nothing of the registry."""
