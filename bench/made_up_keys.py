"""Made-up keys of many vendors, in the shapes in which they get into a registry.

They are generated from a seed, so that no file of the repository holds anything like a key.
"""

import base64
import json
import string
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

_ALNUM = string.ascii_letters + string.digits
_LOWER = string.ascii_lowercase + string.digits
_UPPER = string.ascii_uppercase + string.digits
_BASE64 = _ALNUM + "+/"
_URLSAFE = _ALNUM + "-_"
_HEX = "0123456789abcdef"


class Made(NamedTuple):
    """A made-up key: its kind, the name under which its vendor's clients keep it, and the key.

    A key is `anonymous` if nothing tells it from a hash: only its name gives it away. One that is
    `plain` has no format, and is found where it stands alone, or after a telling word.
    """

    kind: str
    name: str
    key: str
    anonymous: bool = False
    plain: bool = False


def made_up(seed: int) -> Iterator[Made]:
    """One key of each kind; another seed makes others."""
    random = Random(seed)

    def some(alphabet: str, length: int) -> str:
        # each third of a key has a digit: one without any is rare, but occurs
        characters = random.choices(alphabet, k=length)
        for start in range(0, length - 2, max(3, length // 3)):
            characters[start + 1] = random.choice([c for c in alphabet if c.isdigit()] or alphabet)
        return "".join(characters)

    for kind, name, *parts in _KINDS:
        key = "".join(part if isinstance(part, str) else some(*part) for part in parts)
        yield Made(kind, name, key, kind in _ANONYMOUS, kind in _PLAIN)
    yield Made("JWT", "JWT", _jwt(some))
    yield Made("PEM key", "PRIVATE_KEY", _pem("RSA PRIVATE KEY", some(_BASE64, 256)))
    yield Made("OpenSSH key", "SSH_KEY", _pem("OPENSSH PRIVATE KEY", some(_BASE64, 256)))
    for scheme in ("postgresql", "mongodb+srv", "redis", "amqp"):
        url = f"{scheme}://app:{some(_ALNUM, 14)}@db.example.com/app"
        yield Made(f"{scheme} connection string", "DATABASE_URL", url)
    azure = f"DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={some(_BASE64, 86)}=="
    yield Made("Azure connection string", "AZURE_STORAGE", azure)


def shapes(made: Made) -> Iterator[tuple[str, Any]]:
    """The shapes of a key, by name. One that nothing tells from a hash has fewer of them."""
    key, name = made.key, made.name
    yield "value under a telling name", {"settings": {name: key}}
    yield "header", {"headers": [["x-api-key", key]]}
    yield "pair", [{"name": name, "value": key}] if _is_telling(name) else {"api_key": key}
    yield "parameter of a URL", f"https://api.example.com/v1?api_key={quote(key, safe='')}&n=1"
    yield "line of an environment file", f"MODE=fast\nAPI_KEY={key}\n"
    if made.anonymous:
        return
    for shape, text in _texts(key):
        if made.plain and shape == "in the path of a URL":
            continue  # as the public ids of pages and files are
        yield shape, text
        yield f"{shape}, as a value under an innocent name", {"notes": ["none", {"remark": text}]}
    yield "key of an object", {key: 1}


def _texts(key: str) -> Iterator[tuple[str, str]]:
    middle = len(key) // 2
    yield "bare", key
    yield "in quotes", f'"{key}"'
    yield "in a sentence", f"For this model use the key {key}, which Ann has made."
    yield "zero-width space inside", f"{key[:middle]}\u200b{key[middle:]}"
    yield "word joiner behind the first character", f"{key[0]}\u2060{key[1:]}"
    yield "soft hyphens inside", "\u00ad".join(_chunks(key, 8))
    yield "variation selector inside", f"{key[:middle]}\ufe0f{key[middle:]}"
    yield "full-width letters", "".join(map(_full_width, key))
    yield "base64", base64.b64encode(key.encode()).decode()
    yield "base64 of a line", base64.b64encode(f"key: {key}\n".encode()).decode()
    yield "base64 for URLs", base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
    yield "base64 twice", base64.b64encode(base64.b64encode(key.encode())).decode()
    yield "base64 in lines of 76", base64.encodebytes(f"the key is {key} ".encode() * 3).decode()
    yield "hexadecimal", key.encode().hex()
    yield "percent-encoded", "".join(f"%{byte:02X}" for byte in key.encode())
    yield "percent-encoded twice", quote(quote(key, safe=""), safe="").replace("_", "%255F")
    yield "character references", "".join(f"&#{ord(each)};" for each in key)
    yield "escapes of JSON", "".join(f"\\u{ord(each):04x}" for each in key)
    yield "JSON in a text", json.dumps({"nested": [key]})
    if "\n" not in key and "://" not in key:
        yield "in the path of a URL", f"https://api.example.com/v1/{quote(key, safe='')}/models"
        yield "broken over two lines", f"{key[:middle]}\n{key[middle:]}"
        yield "in groups", " ".join(_chunks(key, max(12, len(key) // 3)))


def _chunks(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


def _full_width(character: str) -> str:
    return chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character


def _is_telling(name: str) -> bool:
    return name.endswith(("_KEY", "_TOKEN")) and "API" in name


def _jwt(some: Callable[[str, int], str]) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": some(_LOWER, 12), "exp": 1_900_000_000})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    return ".".join((*(each.decode().rstrip("=") for each in encoded), some(_URLSAFE, 43)))


def _pem(what: str, body: str) -> str:
    return "\n".join((f"-----BEGIN {what}-----", *_chunks(body, 64), f"-----END {what}-----"))


_ANONYMOUS = frozenset(("Azure OpenAI, hexadecimal", "Twilio auth token", "Datadog"))
_PLAIN = frozenset(("AWS secret key", "Mistral", "Cohere", "Cloudflare"))
# kind, name, and the parts of the key: fixed ones, and random ones as (alphabet, length)
_KINDS: tuple[tuple[Any, ...], ...] = (
    ("OpenAI", "OPENAI_API_KEY", "sk-proj-", (_URLSAFE, 74), "T3Blb" + "kFJ", (_URLSAFE, 74)),
    ("OpenAI, old", "OPENAI_API_KEY", "sk-", (_ALNUM, 20), "T3Blb" + "kFJ", (_ALNUM, 20)),
    ("OpenAI, service account", "OPENAI_API_KEY", "sk-svcacct-", (_URLSAFE, 60)),
    ("Anthropic", "ANTHROPIC_API_KEY", "sk-ant-", "api03-", (_URLSAFE, 93), "AA"),
    ("OpenRouter", "OPENROUTER_API_KEY", "sk-or-", "v1-", (_HEX, 64)),
    ("DeepSeek", "DEEPSEEK_API_KEY", "sk-", (_HEX, 32)),
    ("Google", "GOOGLE_API_KEY", "AIza", "Sy", (_URLSAFE, 33)),
    ("Google OAuth", "GOOGLE_CLIENT_SECRET", "GOCSPX-", (_URLSAFE, 28)),
    ("AWS access key", "AWS_ACCESS_KEY", "AK" + "IA", ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
    ("AWS secret key", "AWS_SECRET_ACCESS_KEY", (_BASE64, 40)),
    (
        "Azure OpenAI",
        "AZURE_OPENAI_API_KEY",
        (_ALNUM, 52),
        "JQQJ" + "99",
        (_UPPER, 10),
        "ACOG",
        (_ALNUM, 8),
    ),
    ("Azure OpenAI, hexadecimal", "AZURE_OPENAI_API_KEY", (_HEX, 32)),
    ("Azure client secret", "AZURE_CLIENT_SECRET", (_ALNUM, 3), "8Q" + "~", (_ALNUM, 34)),
    ("GitHub", "GITHUB_TOKEN", "gh" + "p_", (_ALNUM, 36)),
    ("GitHub, fine-grained", "GITHUB_TOKEN", "github_" + "pat_", (_ALNUM, 22), "_", (_ALNUM, 59)),
    ("GitLab", "GITLAB_TOKEN", "gl" + "pat-", (_URLSAFE, 20)),
    (
        "Slack bot",
        "SLACK_TOKEN",
        "xo" + "xb-",
        ("0123456789", 12),
        "-",
        ("0123456789", 12),
        "-",
        (_ALNUM, 24),
    ),
    (
        "Slack webhook",
        "SLACK_WEBHOOK_TOKEN",
        "https://hooks.slack.com/ser",
        "vices/T",
        (_UPPER, 10),
        "/B",
        (_UPPER, 10),
        "/",
        (_ALNUM, 24),
    ),
    ("Stripe", "STRIPE_API_KEY", "sk_" + "live_", (_ALNUM, 99)),
    ("Stripe, restricted", "STRIPE_API_KEY", "rk_" + "test_", (_ALNUM, 24)),
    ("Twilio API key", "TWILIO_API_KEY", "S" + "K", (_HEX, 32)),
    ("Twilio auth token", "TWILIO_AUTH_TOKEN", (_HEX, 32)),
    ("SendGrid", "SENDGRID_API_KEY", "SG" + ".", (_URLSAFE, 22), ".", (_URLSAFE, 43)),
    ("Mailgun", "MAILGUN_API_KEY", "key" + "-", (_HEX, 32)),
    ("Hugging Face", "HF_TOKEN", "h" + "f_", (_ALNUM, 34)),
    ("Replicate", "REPLICATE_API_TOKEN", "r" + "8_", (_ALNUM, 37)),
    ("Groq", "GROQ_API_KEY", "gs" + "k_", (_ALNUM, 52)),
    ("Mistral", "MISTRAL_API_KEY", (_ALNUM, 32)),
    ("Cohere", "COHERE_API_KEY", (_ALNUM, 40)),
    ("Tavily", "TAVILY_API_KEY", "tv" + "ly-", (_ALNUM, 32)),
    ("Tavily, development", "TAVILY_API_KEY", "tv" + "ly-dev-", (_ALNUM, 32)),
    ("Perplexity", "PERPLEXITY_API_KEY", "pp" + "lx-", (_ALNUM, 48)),
    ("xAI", "XAI_API_KEY", "xa" + "i-", (_ALNUM, 80)),
    ("Cerebras", "CEREBRAS_API_KEY", "cs" + "k-", (_LOWER, 48)),
    ("Fireworks AI", "FIREWORKS_API_KEY", "f" + "w_", (_ALNUM, 24)),
    ("Together AI", "TOGETHER_API_KEY", "tgp_" + "v1_", (_URLSAFE, 43)),
    ("Voyage AI", "VOYAGE_API_KEY", "p" + "a-", (_URLSAFE, 43)),
    ("NVIDIA", "NVIDIA_API_KEY", "nv" + "api-", (_URLSAFE, 64)),
    ("Jina AI", "JINA_API_KEY", "ji" + "na_", (_HEX, 32), (_URLSAFE, 28)),
    ("ElevenLabs", "ELEVENLABS_API_KEY", "s" + "k_", (_HEX, 48)),
    ("LangSmith", "LANGSMITH_API_KEY", "lsv2_" + "pt_", (_HEX, 32), "_", (_HEX, 10)),
    ("Pinecone", "PINECONE_API_KEY", "pc" + "sk_", (_ALNUM, 6), "_", (_ALNUM, 63)),
    ("Databricks", "DATABRICKS_TOKEN", "da" + "pi", (_HEX, 32)),
    ("Cloudflare", "CLOUDFLARE_API_TOKEN", (_URLSAFE, 40)),
    ("Cloudflare, new", "CLOUDFLARE_API_TOKEN", "cf" + "ut_", (_ALNUM, 40), (_HEX, 8)),
    ("DigitalOcean", "DIGITALOCEAN_TOKEN", "dop_" + "v1_", (_HEX, 64)),
    ("Datadog", "DD_API_KEY", (_HEX, 32)),
    ("npm", "NPM_TOKEN", "np" + "m_", (_ALNUM, 36)),
    ("PyPI", "PYPI_TOKEN", "py" + "pi-AgEIcHlwaS5vcmc", (_URLSAFE, 70)),
    ("Docker Hub", "DOCKER_TOKEN", "dckr_" + "pat_", (_URLSAFE, 27)),
    ("HashiCorp Vault", "VAULT_TOKEN", "hv" + "s.", (_URLSAFE, 90)),
    ("Shopify", "SHOPIFY_ACCESS_TOKEN", "shp" + "at_", (_HEX, 32)),
    ("Notion", "NOTION_TOKEN", "nt" + "n_", (_ALNUM, 46)),
    ("Linear", "LINEAR_API_KEY", "lin_" + "api_", (_ALNUM, 40)),
    ("Grafana", "GRAFANA_TOKEN", "gl" + "sa_", (_ALNUM, 32), "_", (_HEX, 8)),
    ("Postman", "POSTMAN_API_KEY", "PM" + "AK-", (_HEX, 24), "-", (_HEX, 34)),
    ("Telegram bot", "TELEGRAM_BOT_TOKEN", ("123456789", 10), ":A" + "A", (_URLSAFE, 33)),
    ("Supabase", "SUPABASE_KEY", "sb_" + "secret_", (_URLSAFE, 31)),
    ("age", "AGE_SECRET_KEY", "AGE-SECRET-" + "KEY-1", ("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
    ("the registry", "REGISTRY_TOKEN", "mr" + "k_", (_LOWER, 8), "_", (_URLSAFE, 43)),
)
