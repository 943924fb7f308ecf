"""Imports a source into the registry: reading state, planning, applying, reporting."""
