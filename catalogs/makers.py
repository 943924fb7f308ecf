"""Who makes a model: the provider whose spelling and whose figures count most."""

import re

_OTHERS = 100  # the rank of who does not make the model

_MAKERS = tuple(
    (re.compile(pattern), makers)
    for pattern, makers in (
        (
            r"(?:chat)?gpt(?!-neo|-j)|o[1-9]\b|codex|dall-e|whisper|tts-1|text-(?:embedding-(?:3|ada)|davinci)"
            r"|davinci|babbage|omni-moderation|text-moderation|computer-use|sora",
            ("openai",),
        ),
        (r"claude", ("anthropic",)),
        (r"gemini|gemma|imagen|veo|text-embedding-00|lyria|palm|learnlm", ("google", "vertex-ai")),
        (r"llama", ("llama", "meta", "meta-llama")),
        (
            r"mistral|mixtral|ministral|codestral|magistral|devstral|pixtral|voxtral|open-mi",
            ("mistral",),
        ),
        (r"deepseek", ("deepseek",)),
        (r"qwen|qwq|qvq|wan\d|tongyi", ("alibaba", "dashscope", "alibaba-cn")),
        (r"grok", ("x-ai",)),
        (r"command|embed-(?:english|multi|v)|rerank-|c4ai|aya|north-mini", ("cohere",)),
        (r"sonar|pplx", ("perplexity",)),
        (r"kimi|moonshot", ("moonshotai",)),
        (r"glm|cogview|chatglm", ("zai", "zhipuai")),
        (r"minimax|abab|hailuo", ("minimax",)),
        (r"nova|titan", ("bedrock",)),
        (r"nemotron|nv-", ("nvidia", "nvidia-nim")),
        (r"mimo", ("xiaomi-mimo", "xiaomi")),
        (r"step-", ("stepfun",)),
        (r"jamba|j2-", ("ai21",)),
        (r"voyage", ("voyageai",)),
        (r"jina", ("jina-ai",)),
        (r"doubao|seed", ("volcengine",)),
        (r"hunyuan|hy\d", ("tencent", "hunyuan")),
        (r"longcat", ("longcat",)),
        (r"palmyra", ("writer",)),
        (r"mercury", ("inception",)),
        (r"granite", ("watsonx",)),
        (r"flux", ("black-forest-labs",)),
        (r"stable-|sd\d", ("stability",)),
        (r"ernie", ("baidu",)),
        (r"dbrx", ("databricks",)),
        (r"phi-", ("azure-ai", "azure")),
        (r"morph", ("morph",)),
        (r"v0-", ("v0", "vercel")),
        (r"sarvam", ("sarvam",)),
        (r"fugu", ("sakana",)),
        (r"solar", ("upstage",)),
    )
)


def of(model: str) -> tuple[str, ...]:
    """The slugs of the makers of the model with this name, the first one first; () if unknown."""
    lower = model.lower()
    return next((makers for pattern, makers in _MAKERS if pattern.match(lower)), ())


def is_maker(provider: str, model: str) -> bool:
    """Whether the provider (a slug) makes the model."""
    return provider in of(model)


def rank(provider: str, model: str) -> int:
    """How much the provider's spelling of the model counts: the lowest first, others last."""
    known = of(model)
    return known.index(provider) if provider in known else _OTHERS
