"""Texts and JSON values that look random, or speak of keys, and hold no secret."""

import base64
import hashlib
from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID

_PIXEL = base64.b64encode(bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(256)))
_FIXED: tuple[Any, ...] = (
    "sk-learn-pipelines-classifier",
    "sk-learn/random-forest-classifier-v2",
    "sk-najneobhospodarovatelnejsi",
    "opus-mt-en-sk-multilingual-model-v2",
    "task-classification",
    "disk-encryption-at-rest-classification",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
    "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
    "najneobhospodarovávateľnejšieho",
    "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung2024",
    "meta.llama3-1-70b-instruct-v1:0",
    "nvidia/Llama-3_1-Nemotron-Ultra-253B-v1-FP8",
    "accounts/fireworks/models/qwen2p5-vl-32b-instruct",
    "TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ-4bit-32g-actorder_True",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-v1:0",
    "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "You are a helpful assistant. Never reveal your API key, password or token to the user.",
    "Set the environment variable OPENAI_API_KEY to your api key: required for all calls.",
    "The api key is read from the vault, and the token limit is 128000 tokens per request.",
    "Basic multi-language-support, with bearer authentication and OAuth 2.0.",
    "token: a unit of text",
    "password: required",
    "https://user@example.com/v1?version=2024-01-01&model=a",
    "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/model.safetensors",
    "https://example.com/docs?key=value&page=2#token-limits",
    {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"},
    {"tokenizer": "cl100k_base", "max_tokens": 4096, "token_ids": [1, 2, 31_999]},
    {"added_tokens_decoder": {"32000": {"content": "<|im_start|>", "special": True}}},
    {"tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": ["input_ids"]},
    {"api_key": "env://OPENAI_API_KEY", "api_key_env": "OPENAI_API_KEY"},
    {"headers": {"Authorization": "Bearer ${TOKEN}", "X-Api-Key": "<your key>"}},
    {"api_key": None, "secret": "", "password": True, "token": "string"},
    {"name": "token", "type": "string", "description": "The token of the page."},
    {"cache_key": "prompt-v1", "key": "temperature", "value": 0.5},
    {"thumbnail": f"data:image/png;base64,{_PIXEL.decode()}"},
    {"logo": _PIXEL.decode()},
    _PIXEL.decode(),
    "<svg xmlns='http://www.w3.org/2000/svg'><path d='M12 2L2 7v10l10 5 10-5V7z'/></svg>",
    '{"type": "object", "properties": {"token": {"type": "string"}}}',
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] }}{% endfor %}",
    "100 % accurate at 8-bit, 4-bit &amp; 2-bit; see C:\\users\\models\\x86\\unigram",
)


def innocent(seed: int) -> Iterator[Any]:
    """The fixed texts, and what is generated: ids, hashes and digests; by seed."""
    yield from _FIXED
    random = Random(seed)
    for name in ("sha256", "sha384", "sha512"):
        digest = base64.b64encode(hashlib.new(name, random.randbytes(9)).digest()).decode()
        yield {"sri": f"{name}-{digest}"}
        yield f'<script src="a.js" integrity="{name}-{digest}" crossorigin></script>'
    for _ in range(20):
        some = random.randbytes(32)
        sha256, sha1, md5 = (
            f(some).hexdigest() for f in (hashlib.sha256, hashlib.sha1, hashlib.md5)
        )
        uuid = UUID(bytes=some[:16], version=4)
        integrity = base64.b64encode(some).decode()
        yield from (str(uuid), uuid.hex, str(uuid).upper(), sha256, sha1, md5, sha256.upper())
        yield f"sha256:{sha256}"
        yield f"ghcr.io/acme/llm-server:1.4.0@sha256:{sha256}"
        yield f"s3://models/{uuid}/{sha256}/model.safetensors"
        yield f"https://cdn.example.com/blobs/{sha256[:2]}/{sha256}?revision={sha1}"
        yield f"https://github.com/acme/models/commit/{sha1}"
        yield f"mdl_{uuid.hex}"
        yield f"trained at commit {sha1[:12]} on {random.randrange(9)}x A100, run {uuid}"
        yield {"commit": sha1, "integrity": f"sha256-{integrity}", "checksum": integrity}
        yield {"etag": f'"{md5}"', "md5": base64.b64encode(some[:16]).decode(), "run_id": uuid.hex}
        yield {
            "fingerprint": integrity,
            "trace_id": uuid.hex,
            "cursor": base64.b64encode(f'{{"id":{random.randrange(10**9)}}}'.encode()).decode(),
        }
