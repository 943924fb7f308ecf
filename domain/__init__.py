"""Rules and values of the registry's domain: pure code that imports no other package of ours."""
