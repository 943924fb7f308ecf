"""What all sources share: the error of a malformed catalog, and a provider."""

from dataclasses import dataclass

from domain.enums import ProviderKind


class CatalogError(ValueError):
    """The catalog is malformed; the message names the faulty entry. Nothing is imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A service that hosts models; `slug` is its key."""

    slug: str
    name: str
    kind: ProviderKind
    api_base: str | None = None
    docs_url: str | None = None
