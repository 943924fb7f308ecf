"""Which text and JSON seems to hold a credential, and which does not."""

from base64 import b64encode
from hashlib import new, sha256, sha512
from typing import Any

import pytest

from bench.innocent_texts import innocent
from bench.made_up_keys import made_up, shapes
from bench.scanner import false_alarms, hits, values
from catalogs.entry import to_json
from catalogs.sources import genai_prices
from domain.secrets import scanner

DIGESTS = ("sha256", "sha384", "sha512")
_CURL = "curl"  # apart, so that the scan of the repository does not find its example
DISCORD_IDS = [  # numbers of 17, 18 and 19 digits in base64
    b64encode(number.encode()).decode().rstrip("=")
    for number in ("80351110224678912", "175928847299117063", "1075928847299117063")
]
SSH = b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + sha256(b"a").digest()).decode()
RSA = b64encode(b"\0\0\0\x07ssh-rsa" + sha512(b"a").digest() * 4).decode()
SECRETS: list[Any] = [
    {"api_key": ["abc123secret"]},
    {"api_key": {"value": "hunter2"}},
    {"api_keys": {"prod": "hunter2"}},
    {"secret": {"key": "x", "text": "hunter2"}},
    {"headers": [{"name": "Authorization", "value": "Bearer abcdefg"}]},
    {"headers": {"Authorization": "Bearer abc"}},
    {"headers": [["X-Api-Key", "abc"]]},
    {"extra_headers": ["x-api-key: abc123zz"]},
    {"env": [["API_KEY", "abc123"]]},
    {"key": "api_key", "value": "abc"},
    {"password": 123456},
    {"a": [{"clientSecret": "abc"}]},
    {"Api Key": "abc"},
    {"APIKEY": "abc"},
    {"OPENAI_API_KEY": "abc"},
    {"x-api-key": "abc"},
    {"cookie": "a=b"},
    {"sk-ant-api03-abcdefgh": 1},
    "https://user:pass@host/v1",
    "postgresql://me:pw1@db/x",
    "https://host/v1?api_key=abc",
    "https://host/v1?a=b&token=abc",
    "https://host/v1?%61pi_key=abc",
    "https://account.blob.core.windows.net/c/b?sv=1&sig=abc%2F",
    "https://b.s3.amazonaws.com/k?X-Amz-Signature=deadbeef",
    "https://b.s3.amazonaws.com/k?X-Amz-Credential=abc%2F20260101",
    "https://storage.googleapis.com/b/k?X-Goog-Signature=deadbeef",
    "Authorization: Bearer abc123def456",
    "use api_key=abc123def",
    "AccountKey=" + "a" * 20,
    {"kennwort": "hunter2"},
    {"Datenbank-Passwort": "hunter2"},
    "das Passwort: hunter2abc",
    f"{_CURL} -u user:hunter2 https://host/v1",
    f"{_CURL} -s --user 'me:a b' https://host",
    f'{_CURL} https://host -u "me:hunter2"',
    f"{_CURL} -ume:hunter2 https://host",
    *(f"a bot with {id_}.{'Xf3-_a'}.{'aB3_x9-Qz' * 3}" for id_ in DISCORD_IDS),
    f"{DISCORD_IDS[0]}.GhIjK2.{'aB3_x9-Qz' * 4}",
    *(
        f"the key is {text}"
        for text in (
            "sk-ant-api03-abcdefgh",
            "sk-" + "abcdefghijklmnopqrstuv29",
            "sk-proj-abc123def",
            "ghp_" + "a1" * 18,
            "github_pat_" + "a" * 30,
            "AKIA" + "IOSFODNN7EXAMPLE",
            "AIza" + "b" * 35,
            "xoxb-" + "123456789012-abc",
            "hf_" + "a" * 34,
            "glpat-" + "a1" * 10,
            "npm_" + "a" * 36,
            "pypi-AgEIcHlwaS5vcmc" + "a" * 30,
            "gsk_" + "a1" * 20,
            "sk_live_" + "a1" * 10,
            "-----BEGIN RSA PRIVATE" + " KEY-----",
            "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIx.abc",
        )
    ),
]
NO_SECRETS: list[Any] = [
    *({"sri": f"{name}-{b64encode(new(name, b'a').digest()).decode()}"} for name in DIGESTS),
    *(f'a="{name}-{b64encode(new(name, b"b").digest()).decode()}"' for name in DIGESTS),
    *(f"key {name}-{b64encode(new(name, b'c').digest()).decode()} of it" for name in DIGESTS),
    f"ssh-ed25519 {SSH}",
    f"ssh-ed25519 {SSH} me@host",
    f"the public key is ssh-rsa {RSA} me@host",
    {"deploy_key": f"ssh-rsa {RSA}"},
    {"kennwort": "${KENNWORT}"},
    "curl -u $USER:$PASSWORD https://host",
    "curl -u me:<password> https://host",
    "curl https://host:8003/a -H 'a: b'",
    "Kennwort: erforderlich",
    "task-classification",
    "sketch",
    "a" * 64,
    "0123abcd" * 8,
    "550e8400-e29b-41d4-a716-446655440000",
    "sk-learn-pipelines-classifier",
    "opus-mt-en-sk-multilingual-model-v2",
    "meta.llama3-1-70b-instruct-v1:0",
    "disk-encryption-at-rest-classification",
    "token: a unit of text",
    "password: required",
    "Basic multi-language-support",
    "https://host/v1?version=2024-01-01&model=a",
    "https://user@host/x",
    "https://host:8080/path@v1",
    "s3://bucket/key=1/part=2",
    "env://OPENAI_API_KEY",
    "aws-sm://arn:aws:secretsmanager:us-east-1:123:secret:prod/openai-AbCdEf",
    "vault://kv/openai#api_key",
    {"max_tokens": 4096, "tokens": ["<s>"], "bos_token": "<s>", "tokenizer": "cl100k"},
    {"api_key": "env://X"},
    {"api_key": "os.environ/X"},
    {"api_key": "${KEY}"},
    {"api_key": {"env": "OPENAI_API_KEY"}},
    {"api_key": None},
    {"api_key": ""},
    {"password": True},
    {"auth": "none"},
    {"secret_name": "x"},
    {"token_url": "https://x/y"},
    {"headers": {"Authorization": "Bearer ${T}"}},
    {"name": "temperature", "value": 0.5},
    {"name": "token", "type": "string"},
]


@pytest.mark.parametrize("value", SECRETS, ids=str)
def test_secrets_are_found(value: Any) -> None:
    assert scanner.find(value) is not None
    assert scanner.find({"deep": [value]}) is not None


@pytest.mark.parametrize("value", NO_SECRETS, ids=str)
def test_ordinary_values_are_no_secrets(value: Any) -> None:
    assert scanner.find(value) is None
    assert scanner.find({"deep": [value]}) is None


def test_the_place_names_keys_and_items() -> None:
    found = scanner.find({"a": [{}, {"password": "hunter2"}]})
    assert found == ("a[1].password", "a value under the name of a secret")


def test_a_made_up_key_is_found_in_every_shape() -> None:
    found = [*hits([1])]
    assert len({kind for kind, _, _ in found}) >= 60
    assert len({shape for _, shape, _ in found}) >= 40
    assert [(kind, shape) for kind, shape, is_found in found if not is_found] == []


def test_innocent_texts_raise_no_alarm() -> None:
    every = [*innocent(1)]
    assert [value for value in every if scanner.find(value)] == []


def test_no_value_of_a_real_catalog_is_a_secret() -> None:
    count, found = false_alarms(values([to_json(each) for each in genai_prices.read().entries]))
    assert count > 10_000
    assert found == []


def test_what_is_found_is_named_and_not_repeated() -> None:
    kinds = {}
    for made in made_up(7):
        for shape, value in shapes(made):
            found = scanner.find(value)
            assert found is not None
            assert made.key not in f"{found.place} {found.kind}"
            if shape == "bare":
                kinds[made.kind] = found.kind
    assert kinds["Stripe"] == "a Stripe key"
    assert kinds["OpenAI"] == "an OpenAI API key"
    assert kinds["the registry"] == "a token of this registry"
    assert kinds["Mistral"] == "a generated key"
    assert kinds["Grafana"] == "a Grafana service account token"


@pytest.mark.parametrize(
    "text",
    [
        *("a1 " * 3_333, "%2525" * 2_000, "AAAA/" * 2_000, "[" * 10_000, "a\u200b" * 5_000),
        *("token a1b2c3 " * 700, "key=" * 2_500, "\ud800" * 100, "a://" * 2_500, " " * 10_000),
    ],
)
def test_no_text_breaks_the_scanner(text: str) -> None:
    found = scanner.find(text)
    assert found is None or found.place == ""
