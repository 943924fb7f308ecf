"""One slug for each provider, whatever spelling a catalog uses."""

import re

from domain.enums import ProviderKind
from domain.known_providers import known

# Other spellings of a provider and its slug. Names that are missing here are their own slug.
_SLUGS = {
    "abliteration-ai": "abliteration",
    "alibaba": "dashscope",
    "amazon-bedrock": "bedrock",
    "aws": "bedrock",
    "azure-text": "azure",
    "bedrock-converse": "bedrock",
    "bigmodel": "zhipuai",
    "cloudflare-workers-ai": "cloudflare",
    "cohere-chat": "cohere",
    "digitalocean": "gradient-ai",
    "fireworks-ai": "fireworks",
    "fireworks-ai-embedding-models": "fireworks",
    "friendli": "friendliai",
    "gemini": "google",
    "gmicloud": "gmi",
    "google-vertex": "vertex-ai",
    "google-vertex-anthropic": "vertex-ai",
    "llama": "meta-llama",
    "moonshot": "moonshotai",
    "nova": "amazon-nova",
    "novita-ai": "novita",
    "nvidia": "nvidia-nim",
    "snowflake-cortex": "snowflake",
    "text-completion-codestral": "codestral",
    "text-completion-inception": "inception",
    "text-completion-openai": "openai",
    "together-ai": "together",
    "togetherai": "together",
    "vercel": "vercel-ai-gateway",
    "voyage": "voyageai",
    "xai": "x-ai",
    "xiaomi": "xiaomi-mimo",
}
# Services with an API of their own; every other one that is not well known counts as
# OpenAI-compatible.
_OWN_API = re.compile(
    r"agentcore|assemblyai|aws-polly|bing-grounding|black-forest-labs|cohere|dataforseo"
    r"|deepgram|duckduckgo|elevenlabs|exa-ai|fal-ai|firecrawl|google-pse|jina-ai|linkup"
    r"|nlp-cloud|parallel-ai|recraft|reducto|replicate|runwayml|sagemaker|searxng|serper"
    r"|soniox|stability|tavily|transcribe|voyageai|watsonx|you-com"
)


def slug(text: str) -> str:
    """The slug of a provider that a catalog calls `text`."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63]
    if plain.startswith("vertex-ai"):
        return "vertex-ai"
    return _SLUGS.get(plain, plain)


def readable_name(key: str) -> str:
    """A name for the provider with this slug, where no catalog gives one."""
    return key.replace("-", " ").title()


def kind(key: str) -> ProviderKind:
    """The kind of API of the provider with this slug."""
    found = known(key)
    if found:
        return found.kind
    return ProviderKind.OTHER if _OWN_API.fullmatch(key) else ProviderKind.OPENAI_COMPATIBLE
