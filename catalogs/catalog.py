"""The error of a malformed catalog, which all sources share."""


class CatalogError(ValueError):
    """The catalog is malformed; the message names the faulty entry. Nothing is imported."""
