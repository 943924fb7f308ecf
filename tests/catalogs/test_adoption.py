"""Entries of a file that continue those of a migrated registry."""

from catalogs.adoption import adopted, is_migrated
from catalogs.entry import Entry, to_json


def _entry(key: str, id: str = "m", region: str | None = None) -> Entry:
    return Entry(key=key, provider="p", provider_model_id=id, region=region, raw_name=id)


def test_an_entry_continues_the_one_about_the_same_binding() -> None:
    migrated = [_entry("p/m"), _entry("p/m@eu", region="eu"), _entry("p/gone", "gone")]
    entries = [_entry("new@eu", region="eu"), _entry("new"), _entry("other", "other")]
    assert adopted(entries, migrated) == {"new": "p/m", "new@eu": "p/m@eu"}


def test_of_several_the_first_keys_belong_together_in_any_order() -> None:
    migrated = [_entry("p/m#2"), _entry("p/m")]
    entries = [_entry("b"), _entry("a")]
    assert adopted(entries, migrated) == {"a": "p/m"}
    assert adopted(reversed(entries), reversed(migrated)) == {"a": "p/m"}


def test_only_what_the_migration_wrote_is_migrated() -> None:
    assert is_migrated({**to_json(_entry("a")), "migrated": True})
    assert not is_migrated(to_json(_entry("a")))
