"""One module per migration, named by its number: they run in this order."""
