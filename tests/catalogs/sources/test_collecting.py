"""What looks like a secret in a catalog is not imported, and not repeated."""

import json
from typing import Any

import pytest

from bench.made_up_keys import made_up
from catalogs.catalog import CatalogError
from catalogs.entry import SourceFile
from catalogs.sources import litellm, models_dev

KEYS = {made.kind: made.key for made in made_up(21)}
SECRET = KEYS["Groq"]
GOOD = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-6}
MODEL = {"id": "good", "name": "Good", "cost": {"input": 1, "output": 2}, "limit": {"context": 1}}


def _litellm(document: Any, strict: bool = False) -> SourceFile:
    return litellm.from_content(json.dumps(document).encode(), None, strict)


def _models_dev(document: Any) -> SourceFile:
    return models_dev.from_content(json.dumps(document).encode(), None, False)


@pytest.mark.parametrize("key", [f"acme/{SECRET}", f"acme/m-{KEYS['Tavily']}", SECRET])
def test_an_entry_with_a_secret_as_its_key_is_skipped_and_not_named(key: str) -> None:
    file = _litellm({"acme/good": GOOD, key: GOOD})
    assert [entry.key for entry in file.entries] == ["acme/good"]
    [(name, reason)] = file.skipped
    assert name == "(not shown: it looks like a secret)"
    assert "must not hold a secret" in reason


def test_an_entry_with_a_secret_in_a_field_is_skipped_and_named() -> None:
    provider = {"id": "acme", "name": "Acme", "api": f"https://example.com/{SECRET}/v1"}
    other = {"id": "other", "name": "Other", "models": {"good": MODEL}}
    file = _models_dev({"acme": {**provider, "models": {"good": MODEL}}, "other": other})
    assert [entry.key for entry in file.entries] == ["other/good"]
    reason = "its API address must not hold a secret, and it looks like a Groq API key"
    assert file.skipped == (("acme/good", reason),)


def test_no_remark_repeats_a_secret() -> None:
    fields = {
        "mode": SECRET,
        "max_input_tokens": f"see {SECRET}",
        "source": f"https://x.y/{SECRET}",
    }
    file = _litellm({"acme/good": GOOD, "acme/bad": {**GOOD, **fields}, SECRET: {"mode": 1}})
    every = (*file.skipped, *file.ignored, *file.partial, *file.suspicious)
    assert every
    assert [remark for remark in every if SECRET in "".join(remark)] == []


def test_a_refused_file_does_not_repeat_a_secret() -> None:
    with pytest.raises(CatalogError) as error:
        _litellm({"acme/good": GOOD, SECRET: GOOD}, strict=True)
    assert SECRET not in str(error.value)
