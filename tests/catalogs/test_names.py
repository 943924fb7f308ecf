"""Canonical names, of real entries of both catalogs."""

import re

import pytest

from catalogs import genai_prices, names, synthetic
from domain import patterns, semver

# provider, its name for the model, canonical name, version, region
TABLE = [
    ("openai", "gpt-4o", "gpt-4o", "1.0.0", None),
    ("openai", "gpt-4o-2024-08-06", "gpt-4o", "2024.8.6", None),
    ("openai", "gpt-5-chat-latest", "gpt-5-chat", "1.0.0", None),
    ("openai", "gpt-4-0613", "gpt-4-0613", "1.0.0", None),
    ("openai", "gpt-4-1106-preview", "gpt-4-1106-preview", "1.0.0", None),
    ("openai", "high/1024-x-1536/gpt-image-1.5", "gpt-image-1.5", "1.0.0", None),
    ("openai", "text-embedding-3-small", "text-embedding-3-small", "1.0.0", None),
    ("openai", "ft:gpt-3.5-turbo-1106", "ft:gpt-3.5-turbo-1106", "1.0.0", None),
    ("azure", "eu/gpt-4o-2024-08-06", "gpt-4o", "2024.8.6", "eu"),
    ("azure", "us/o1-2024-12-17", "o1", "2024.12.17", "us"),
    ("azure", "global/gpt-4o-2024-11-20", "gpt-4o", "2024.11.20", "global"),
    ("azure", "global-standard/gpt-4o-mini", "gpt-4o-mini", "1.0.0", "global-standard"),
    ("azure", "us-gov/gpt-5.1", "gpt-5.1", "1.0.0", "us-gov"),
    ("azure", "gpt-35-turbo-instruct-0914", "gpt-3.5-turbo-instruct-0914", "1.0.0", None),
    ("azure", "hd/1024-x-1792/dall-e-3", "dall-e-3", "1.0.0", None),
    ("azure-ai", "FW-GLM-5.3", "glm-5.3", "1.0.0", None),
    ("azure-ai", "model_router", "azure-ai-model_router", None, None),
    ("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5", "2025.9.29", None),
    ("anthropic", "claude-3-5-haiku-latest", "claude-3-5-haiku", "1.0.0", None),
    ("anthropic", "claude-opus-4-0", "claude-opus-4", "1.0.0", None),
    ("anthropic", "claude-2", "claude-2", "1.0.0", None),
    ("google", "claude-4-opus", "claude-opus-4", "1.0.0", None),
    ("replicate", "anthropic/claude-4.5-sonnet", "claude-sonnet-4-5", "1.0.0", None),
    ("github-copilot", "claude-haiku-4.5", "claude-haiku-4-5", "1.0.0", None),
    ("github-copilot", "claude-opus-4.8-fast", "claude-opus-4-8-fast", "1.0.0", None),
    ("openrouter", "anthropic/claude-3.7-sonnet:thinking", "claude-3-7-sonnet", "1.0.0", None),
    ("openrouter", "anthropic/claude-4.5-opus-20251124", "claude-opus-4-5", "2025.11.24", None),
    ("openrouter", "openai/gpt-4o:batch", "gpt-4o", "1.0.0", None),
    ("openrouter", "~anthropic/claude-opus-latest", "claude-opus", "1.0.0", None),
    ("openrouter", "qwen/qwen-plus-2025-07-28:thinking", "qwen-plus", "2025.7.28", None),
    ("openrouter", "switchpoint/router", "openrouter-router", "1.0.0", None),
    ("databricks", "databricks-claude-opus-4-1", "claude-opus-4-1", "1.0.0", None),
    ("databricks", "databricks-gpt-5-4-nano", "gpt-5.4-nano", "1.0.0", None),
    ("databricks", "databricks-gemini-3-1-pro", "gemini-3.1-pro", "1.0.0", None),
    ("databricks", "databricks-meta-llama-3-3-70b-instruct", "llama-3.3-70b-instruct", None, None),
    ("snowflake", "openai-gpt-5-nano", "gpt-5-nano", "1.0.0", None),
    ("gradient-ai", "anthropic-claude-3.5-sonnet", "claude-3-5-sonnet", "1.0.0", None),
    (
        "bedrock",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "claude-3-5-sonnet",
        "2024.10.22",
        None,
    ),
    ("bedrock", "us.anthropic.claude-opus-4-6-v1", "claude-opus-4-6", "1.0.0", "us"),
    ("bedrock", "us-gov.anthropic.claude-sonnet-5", "claude-sonnet-5", "1.0.0", "us-gov"),
    ("bedrock", "apac.amazon.nova-lite-v1:0", "nova-lite", "1.0.0", "apac"),
    (
        "bedrock",
        "jp.anthropic.claude-haiku-4-5-20251001-v1:0",
        "claude-haiku-4-5",
        "2025.10.1",
        "jp",
    ),
    ("bedrock", "global.openai.gpt-6.1-sol", "gpt-6.1-sol", "1.0.0", "global"),
    ("bedrock", "regional.anthropic.claude-opus-5", "claude-opus-5", "1.0.0", None),
    ("bedrock", "us-east-1/anthropic.claude-v2:1", "claude-2.1", "1.0.0", "us-east-1"),
    ("bedrock", "us-gov-west-1/openai.gpt-oss-20b-1:0", "gpt-oss-20b", "1.0.0", "us-gov-west-1"),
    ("bedrock", "meta.llama3-1-70b-instruct-v1:0", "llama-3.1-70b-instruct", "1.0.0", None),
    ("bedrock", "meta.llama3-70b-instruct-v1:0", "llama-3-70b-instruct", "1.0.0", None),
    ("bedrock", "mistral.mistral-large-2402-v1:0", "mistral-large", "2024.2.0", None),
    ("bedrock", "mistral.mistral-7b-instruct-v0:2", "mistral-7b-instruct-v0.2", "1.0.0", None),
    ("bedrock", "amazon.titan-embed-text-v2:0", "titan-embed-text-v2", "1.0.0", None),
    ("bedrock", "1024-x-1024/50-steps/bedrock/amazon.nova-canvas-v1:0", "nova-canvas", None, None),
    ("bedrock", "us.deepseek.r1-v1:0", "deepseek-r1", "1.0.0", "us"),
    ("bedrock", "deepseek.v3.2", "deepseek-v3.2", "1.0.0", None),
    ("openai", "chat-latest", "openai-chat", "1.0.0", None),
    ("fal-ai", "minimax/h3/text-to-video", "minimax-h3", "1.0.0", None),
    ("vertex-ai", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5", "2025.9.29", None),
    ("vertex-ai", "claude-opus-4-6@default", "claude-opus-4-6", "1.0.0", None),
    ("vertex-ai", "mistral-large@2411-001", "mistral-large", "2024.11.0", None),
    ("vertex-ai", "mistralai/mistral-medium-3@001", "mistral-medium-3", "1.0.0", None),
    ("vertex-ai", "meta/llama-3.1-405b-instruct-maas", "llama-3.1-405b-instruct", "1.0.0", None),
    ("google", "gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash-preview", "2025.9.0", None),
    ("cohere", "command-r-plus-08-2024", "command-r-plus", "2024.8.0", None),
    ("volcengine", "doubao-seed-2-0-pro-260215", "doubao-seed-2-0-pro", "2026.2.15", None),
    ("x-ai", "grok-2-1212", "grok-2-1212", "1.0.0", None),
    ("groq", "llama2-70b-4096", "llama-2-70b-4096", "1.0.0", None),
    (
        "fireworks",
        "accounts/fireworks/models/llama-v3p1-8b-instruct",
        "llama-3.1-8b-instruct",
        None,
        None,
    ),
    ("fireworks", "accounts/fireworks/routers/glm-5p2-fast", "glm-5.2-fast", "1.0.0", None),
    ("cloudflare", "@cf/meta/llama-3.2-3b-instruct", "llama-3.2-3b-instruct", "1.0.0", None),
    (
        "together",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "llama-3.3-70b-instruct-turbo",
        None,
        None,
    ),
    ("novita", "Qwen/Qwen3-235B-A22B-Instruct-2507", "qwen3-235b-a22b-instruct", "2025.7.0", None),
    (
        "fal-ai",
        "max/1024-x-768/openai/gpt-image-2.5/sunburst/edit",
        "gpt-image-2.5-sunburst",
        None,
        None,
    ),
    ("fal-ai", "fal-ai/flux-pro/v1.1-ultra", "flux-pro-v1.1-ultra", "1.0.0", None),
    ("aiml", "flux/kontext-pro/text-to-image", "flux-kontext-pro", "1.0.0", None),
    ("tavily", "search", "tavily-search", "1.0.0", None),
    ("exa-ai", "search", "exa-ai-search", "1.0.0", None),
    ("openai", "gpt-4o-2024-13-45", "gpt-4o-2024-13-45", "1.0.0", None),  # not a date
]


@pytest.mark.parametrize(("provider", "raw", "model", "version", "region"), TABLE)
def test_a_real_name_becomes_its_canonical_one(
    provider: str, raw: str, model: str, version: str | None, region: str | None
) -> None:
    assert names.canonical(raw, provider) == names.Name(model, version or names.UNDATED, region)


@pytest.mark.parametrize("raw", ["", "!!!", "-", "gpt 4", "naïve", "a" * 201, "gpt-4o-", "x\ny"])
def test_a_text_without_a_canonical_name_gives_none(raw: str) -> None:
    assert names.canonical(raw, "openai") is None


@pytest.mark.parametrize(
    ("path", "rest", "region"),
    [
        ("eu/gpt-4o", "gpt-4o", "eu"),
        ("us-gov-east-1/anthropic.claude-sonnet-5", "anthropic.claude-sonnet-5", "us-gov-east-1"),
        ("us.anthropic.claude-sonnet-5", "us.anthropic.claude-sonnet-5", None),
        ("meta-llama/llama-3", "meta-llama/llama-3", None),
    ],
)
def test_a_region_segment_is_not_part_of_the_providers_name(
    path: str, rest: str, region: str | None
) -> None:
    assert names.split_region(path) == (rest, region)


def test_all_names_of_the_catalogs_match_the_formats() -> None:
    models = list(genai_prices.read().models) + list(synthetic.read(3, 2, 40, 1).models)
    bindings = [b for model in models for version in model.versions for b in version.bindings]
    assert all(re.fullmatch(patterns.NAME, model.name) for model in models)
    assert all(semver.is_valid(v.version) for model in models for v in model.versions)
    assert all(re.fullmatch(patterns.SLUG, b.region) for b in bindings if b.region is not None)
    assert all(re.fullmatch(patterns.SLUG, b.provider) for b in bindings)
