"""The measurement of names, on a sample of invented links."""

from pathlib import Path

import pytest

from catalogs import measure

SAMPLE = """provider,provider_model_id,canonical_model
acme,orbit-2.5-72b-instruct,acme/orbit-2.5-72b-instruct
one,vendors/Orbit2.5-72B-Instruct-FP8,acme/orbit-2.5-72b-instruct
two,orbit-2-5-72b-instruct:free,acme/orbit-2.5-72b-instruct
three,orbit_2.5-72b-instruct-TEE,acme/orbit-2.5-72b-instruct
one,orbit-2.5-72b,acme/orbit-2.5-72b
acme,orbit-2.5-mini,acme/orbit-2.5-mini
two,acme/orbit-25-mini,acme/orbit-2.5-mini
three,openai-orbit-2.5-mini,acme/orbit-2.5-mini
one,orbit-2.5-mini-2026-01-02,acme/orbit-2.5-mini-2026-01-02
two,orbit-2.5-mini-20260102,acme/orbit-2.5-mini-2026-01-02
acme,comet-3-super-120b-a12b,acme/comet-3-super-120b-a12b
one,nvidia.comet-super-3-120b,acme/comet-3-super-120b-a12b
two,comet-3-super,acme/comet-3-super-120b-a12b
three,comet-3-120b-a12b,acme/comet-3-super-120b-a12b
one,comet-3-nano-30b-a3b,acme/comet-3-nano-30b-a3b
two,comet-3-nano:30b,acme/comet-3-nano-30b-a3b
acme,star-x-latest,acme/star-x-latest
one,star-x,acme/star-x
two,star-x-thinking,acme/star-x-thinking
three,star-x-preview,acme/star-x-preview
"""


def _file(folder: Path, content: str) -> str:
    path = folder / "links.csv"
    path.write_text(content)
    return str(path)


def test_the_names_of_the_sample_are_good_enough(tmp_path: Path) -> None:
    measured = measure.measure(measure.read(_file(tmp_path, SAMPLE)))
    assert measured.right >= 15
    assert measured.precision >= 0.98
    assert measured.recall >= 0.97


def test_what_is_split_or_merged_is_listed(tmp_path: Path) -> None:
    content = """provider,provider_model_id,canonical_model
one,orbit-1,acme/orbit
two,orbit-2,acme/orbit
one,star-1,acme/star
two,star_1,acme/other
"""
    measured = measure.measure(measure.read(_file(tmp_path, content)))
    assert (measured.right, measured.merged, measured.split) == (0, 1, 1)
    assert measured.split_models == {"acme/orbit": {"orbit-1": 1, "orbit-2": 1}}
    assert measured.merged_models == {"star-1": {"acme/star": 1, "acme/other": 1}}
    assert measure.report(measured)[0].startswith("precision 0.000, recall 0.000")


def test_the_command_reports_and_names_a_file_that_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure.main([_file(tmp_path, SAMPLE)]) == 0
    assert "split: 0" in capsys.readouterr().out
    assert measure.main([str(tmp_path / "none.csv")]) == 2
    assert "none.csv cannot be read" in capsys.readouterr().err
    assert measure.main([_file(tmp_path, "a,b\n1,2\n")]) == 2
    assert "provider" in capsys.readouterr().err
    assert measure.main([]) == 2
