"""Ids keep their key, say their type, and are refused when they are anything else."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import ids

PREFIXES = [ids.MODEL, ids.VERSION, ids.BINDING, ids.PROVIDER, ids.EVENT, ids.ALIAS]
DIGITS = "0198f1e2a3b47c5d8e9f0a1b2c3d4e5f"


@given(st.uuids(), st.sampled_from(PREFIXES))
def test_an_id_decodes_to_its_key_and_type(key: UUID, prefix: str) -> None:
    text = ids.encode(prefix, key)
    assert ids.prefix_of(text) == prefix
    assert ids.decode(prefix, text) == key
    assert [ids.decode(other, text) for other in PREFIXES if other != prefix] == [None] * 5


@given(st.text())
def test_decoding_never_raises(text: str) -> None:
    """Only what encode gives is taken: one key has one id."""
    for candidate in (text, f"mdl_{text}"):
        key = ids.decode(ids.MODEL, candidate)
        assert key is None or ids.encode(ids.MODEL, key) == candidate
        assert isinstance(ids.prefix_of(candidate), str)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mdl",
        "mdl_",
        "_" + DIGITS,
        DIGITS,
        "mdl_" + DIGITS[:-1],
        "mdl_" + DIGITS + "0",
        "mdl_" + DIGITS.upper(),
        "MDL_" + DIGITS,
        "mdl-" + DIGITS,
        "mdl__" + DIGITS[:-1],
        "mdl_" + str(UUID(DIGITS)),
        "mdl_{" + DIGITS[:-2] + "}",
        "mdl_" + DIGITS[:-1] + "g",
        "mdl_" + DIGITS[:-1] + "\u0661",
        " mdl_" + DIGITS,
        "mdl_" + DIGITS + "\n",
        "ver_" + DIGITS,
    ],
)
def test_malformed_ids_decode_to_none(text: str) -> None:
    assert ids.decode(ids.MODEL, text) is None


def test_later_keys_sort_after_earlier_ones() -> None:
    keys = [ids.new() for _ in range(10_000)]
    assert keys == sorted(set(keys))
    assert {key.version for key in keys} == {7}
