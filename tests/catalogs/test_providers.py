"""The providers of catalogs."""

import genai_prices.data

from catalogs import providers
from domain.enums import ProviderKind
from domain.known_providers import known


def test_the_usual_providers_are_known() -> None:
    """All of genai-prices, and the 20 that LiteLLM's map has the most entries of."""
    most_used = """fireworks_ai bedrock bedrock_converse azure openai fal_ai azure_ai deepinfra
        novita vercel_ai_gateway perplexity together_ai databricks gemini kyma mistral aihubmix
        dashscope nebius xai qwen_ai_platform vertex_ai"""
    names = [provider.id for provider in genai_prices.data.providers] + most_used.split()
    assert [name for name in names if known(providers.slug(name)) is None] == []


def test_a_known_provider_has_its_own_address_name_and_kind() -> None:
    """A catalog's pattern of addresses is no address."""
    read = providers.provider("xai", name="X AI", api_base="https://api.x.ai")
    assert (read.slug, read.name, read.api_base) == ("x-ai", "xAI", "https://api.x.ai/v1")
    bedrock = providers.provider("aws", api_base=None)
    assert (bedrock.kind, bedrock.api_base) == (ProviderKind.BEDROCK, None)
    other = providers.provider("some_body", api_base="https://some.example.com")
    assert (other.name, other.api_base) == ("Some Body", "https://some.example.com")
    assert other.kind is ProviderKind.OPENAI_COMPATIBLE
    assert providers.provider("deepgram").kind is ProviderKind.OTHER
