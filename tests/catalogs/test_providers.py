"""The providers of catalogs."""

from typing import Any

import genai_prices.data

from catalogs import providers
from catalogs.entry import Entry, Said
from catalogs.importing import fields
from catalogs.importing.listings import Listing
from domain.enums import ProviderKind
from domain.known_providers import known


def test_the_usual_providers_are_known() -> None:
    """All of genai-prices, and the 20 that LiteLLM's map has the most entries of."""
    most_used = """fireworks_ai bedrock bedrock_converse azure openai fal_ai azure_ai deepinfra
        novita vercel_ai_gateway perplexity together_ai databricks gemini kyma mistral aihubmix
        dashscope nebius xai qwen_ai_platform vertex_ai"""
    names = [provider.id for provider in genai_prices.data.providers] + most_used.split()
    assert [name for name in names if known(providers.slug(name)) is None] == []


def _said(provider: str, **said: str) -> dict[str, Any]:
    entry = Entry(
        key="a",
        provider=provider,
        provider_model_id="a",
        region=None,
        raw_name="a",
        said=Said(**said),
    )
    return fields.of_provider(provider, [Listing("a", 1, entry, True, None)])


def test_a_known_provider_has_its_own_address_name_and_kind() -> None:
    """A catalog's pattern of addresses is no address."""
    slug = providers.slug("xai")
    read = _said(slug, provider_name="X AI", api_base="https://api.x.ai")
    assert (slug, read["name"], read["api_base"]) == ("x-ai", "xAI", "https://api.x.ai/v1")
    bedrock = providers.slug("aws")
    assert (providers.kind(bedrock), _said(bedrock)["api_base"]) == (ProviderKind.BEDROCK, None)
    slug = providers.slug("some_body")
    other = _said(slug, api_base="https://some.example.com")
    assert (other["name"], other["api_base"]) == ("Some Body", "https://some.example.com")
    assert providers.kind(slug) is ProviderKind.OPENAI_COMPATIBLE
    assert providers.kind("deepgram") is ProviderKind.OTHER
