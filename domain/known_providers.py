"""The public addresses of well-known providers, each with the day on which it was looked up.

`{region}` and other names in braces stand for what differs per customer: domain/call_urls.py fills
them. Bindings to providers that are not here have an address only if they or their provider say it.
"""

from datetime import date
from typing import NamedTuple

from domain.enums import ProviderKind

_ANTHROPIC, _AZURE, _BEDROCK = ProviderKind.ANTHROPIC, ProviderKind.AZURE, ProviderKind.BEDROCK
_GOOGLE, _OPENAI = ProviderKind.VERTEX_AI, ProviderKind.OPENAI
_COMPATIBLE, _OTHER = ProviderKind.OPENAI_COMPATIBLE, ProviderKind.OTHER
_2026_11_27 = date(2026, 11, 27)


class KnownProvider(NamedTuple):
    """A provider's name, kind of API and address; `url` is None where each customer has its own."""

    slug: str
    name: str
    kind: ProviderKind
    url: str | None
    looked_up: date = _2026_11_27

    @property
    def api_base(self) -> str | None:
        """The address if it is the same for everybody."""
        return self.url if self.url and "{" not in self.url else None


def known(slug: str) -> KnownProvider | None:
    """The well-known provider with this slug."""
    return _BY_SLUG.get(slug)


_HUGGING_FACE = {
    "cerebras": "Cerebras",
    "fireworks-ai": "Fireworks",
    "groq": "Groq",
    "hyperbolic": "Hyperbolic",
    "nebius": "Nebius",
    "novita": "Novita",
    "nscale": "Nscale",
    "ovhcloud": "OVHcloud",
    "publicai": "Public AI",
    "sambanova": "SambaNova",
    "together": "Together AI",
}
KNOWN = (
    KnownProvider("ai21", "AI21 Labs", _COMPATIBLE, "https://api.ai21.com/studio/v1"),
    KnownProvider("aihubmix", "AIHubMix", _COMPATIBLE, "https://aihubmix.com/v1"),
    KnownProvider("anthropic", "Anthropic", _ANTHROPIC, "https://api.anthropic.com/v1"),
    KnownProvider("arcee", "Arcee", _COMPATIBLE, "https://api.arcee.ai/api/v1"),
    KnownProvider("avian", "Avian", _COMPATIBLE, "https://api.avian.io/v1"),
    KnownProvider(
        "azure", "Microsoft Azure", _AZURE, "https://{resource}.openai.azure.com/openai/v1"
    ),
    KnownProvider(
        "azure-ai",
        "Azure AI Foundry",
        _AZURE,
        "https://{resource}.services.ai.azure.com/models",
    ),
    KnownProvider("baseten", "Baseten", _COMPATIBLE, "https://inference.baseten.co/v1"),
    KnownProvider(
        "bedrock", "AWS Bedrock", _BEDROCK, "https://bedrock-runtime.{region}.amazonaws.com"
    ),
    KnownProvider(
        "bedrock-mantle",
        "AWS Bedrock Mantle",
        _COMPATIBLE,
        "https://bedrock-mantle.{region}.api.aws/v1",
    ),
    KnownProvider("cerebras", "Cerebras", _COMPATIBLE, "https://api.cerebras.ai/v1"),
    KnownProvider(
        "cloudflare",
        "Cloudflare Workers AI",
        _COMPATIBLE,
        "https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1",
    ),
    KnownProvider("codestral", "Mistral Codestral", _COMPATIBLE, "https://codestral.mistral.ai/v1"),
    KnownProvider("cohere", "Cohere", _OTHER, "https://api.cohere.com/v2"),
    KnownProvider("cursor", "Cursor", _OTHER, "https://api.cursor.com"),
    KnownProvider(
        "dashscope",
        "Alibaba DashScope",
        _COMPATIBLE,
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    ),
    KnownProvider("databricks", "Databricks", _COMPATIBLE, "https://{host}/serving-endpoints"),
    KnownProvider("deepinfra", "DeepInfra", _COMPATIBLE, "https://api.deepinfra.com/v1/openai"),
    KnownProvider("deepseek", "DeepSeek", _COMPATIBLE, "https://api.deepseek.com"),
    KnownProvider("doubleword", "Doubleword", _COMPATIBLE, "https://api.doubleword.ai/v1"),
    KnownProvider("elevenlabs", "ElevenLabs", _OTHER, "https://api.elevenlabs.io/v1"),
    KnownProvider("fal-ai", "fal", _OTHER, "https://queue.fal.run"),
    KnownProvider(
        "fireworks", "Fireworks AI", _COMPATIBLE, "https://api.fireworks.ai/inference/v1"
    ),
    KnownProvider("friendliai", "Friendli", _COMPATIBLE, "https://api.friendli.ai/serverless/v1"),
    KnownProvider("github-copilot", "GitHub Copilot", _COMPATIBLE, "https://api.githubcopilot.com"),
    KnownProvider("google", "Google", _GOOGLE, "https://generativelanguage.googleapis.com/v1beta"),
    KnownProvider("groq", "Groq", _COMPATIBLE, "https://api.groq.com/openai/v1"),
    *(
        KnownProvider(
            f"huggingface-{slug}",
            f"Hugging Face ({name})",
            _COMPATIBLE,
            f"https://router.huggingface.co/{slug}",
        )
        for slug, name in _HUGGING_FACE.items()
    ),
    KnownProvider("kyma", "Kyma", _COMPATIBLE, "https://kymaapi.com/v1"),
    KnownProvider("meta", "Meta", _COMPATIBLE, "https://api.meta.ai/v1"),
    KnownProvider("minimax", "MiniMax", _COMPATIBLE, "https://api.minimax.io/v1"),
    KnownProvider("mistral", "Mistral", _COMPATIBLE, "https://api.mistral.ai/v1"),
    KnownProvider("modal", "Modal", _COMPATIBLE, None),
    KnownProvider("moonshotai", "Moonshot AI", _COMPATIBLE, "https://api.moonshot.ai/v1"),
    KnownProvider(
        "nebius", "Nebius Token Factory", _COMPATIBLE, "https://api.tokenfactory.nebius.com/v1"
    ),
    KnownProvider("novita", "Novita AI", _COMPATIBLE, "https://api.novita.ai/openai"),
    KnownProvider("nvidia-nim", "NVIDIA", _COMPATIBLE, "https://integrate.api.nvidia.com/v1"),
    KnownProvider(
        "oci", "Oracle Cloud", _OTHER, "https://inference.generativeai.{region}.oci.oraclecloud.com"
    ),
    KnownProvider("openai", "OpenAI", _OPENAI, "https://api.openai.com/v1"),
    KnownProvider("openai-decisions", "OpenAI Decisions", _OPENAI, "https://api.openai.com/v1"),
    KnownProvider("openrouter", "OpenRouter", _COMPATIBLE, "https://openrouter.ai/api/v1"),
    KnownProvider(
        "ovhcloud",
        "OVHcloud AI Endpoints",
        _COMPATIBLE,
        "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1",
    ),
    KnownProvider("perplexity", "Perplexity", _COMPATIBLE, "https://api.perplexity.ai"),
    KnownProvider(
        "quicksilverpro", "QuickSilver Pro", _COMPATIBLE, "https://api.quicksilverpro.io/v1"
    ),
    KnownProvider(
        "qwen-ai-platform",
        "Qwen AI Platform",
        _COMPATIBLE,
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
    ),
    KnownProvider(
        "qwencloud",
        "QwenCloud",
        _COMPATIBLE,
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    ),
    KnownProvider("sambanova", "SambaNova", _COMPATIBLE, "https://api.sambanova.ai/v1"),
    KnownProvider("scaleway", "Scaleway", _COMPATIBLE, "https://api.scaleway.ai/v1"),
    KnownProvider(
        "snowflake",
        "Snowflake Cortex",
        _COMPATIBLE,
        "https://{account}.snowflakecomputing.com/api/v2/cortex/v1",
    ),
    KnownProvider("together", "Together AI", _COMPATIBLE, "https://api.together.xyz/v1"),
    KnownProvider("typesafe", "TypeSafe", _OTHER, "https://api.typesafe.ai/v1"),
    KnownProvider(
        "vercel-ai-gateway", "Vercel AI Gateway", _COMPATIBLE, "https://ai-gateway.vercel.sh/v1"
    ),
    KnownProvider(
        "vertex-ai", "Google Vertex AI", _GOOGLE, "https://{region}-aiplatform.googleapis.com/v1"
    ),
    KnownProvider(
        "volcengine", "Volcengine", _COMPATIBLE, "https://ark.cn-beijing.volces.com/api/v3"
    ),
    KnownProvider("voyageai", "Voyage AI", _OTHER, "https://api.voyageai.com/v1"),
    KnownProvider("wandb", "Weights & Biases", _COMPATIBLE, "https://api.inference.wandb.ai/v1"),
    KnownProvider("x-ai", "xAI", _COMPATIBLE, "https://api.x.ai/v1"),
    KnownProvider("zai", "Z.AI", _COMPATIBLE, "https://api.z.ai/api/paas/v4"),
    KnownProvider("zhipuai", "Zhipu AI", _COMPATIBLE, "https://open.bigmodel.cn/api/paas/v4"),
)
_BY_SLUG = {each.slug: each for each in KNOWN}
