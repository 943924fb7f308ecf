"""`registry retention` and `registry archive` as processes: tables, prompts, exit codes."""

import re
from pathlib import Path

import pytest
from sqlmodel import select

from db.postgres.engine import Database
from db.tables import ModelVersion, ProviderBinding
from tests import factories
from tests.server.commands.processes import registry


@pytest.fixture
async def url(db: Database, database_url: str) -> str:
    """A registry with a model that keeps one of its three versions."""
    model = await factories.model(db, name="old", retention_keep=1)
    for number in (1, 2, 3):
        await factories.version(db, model, number=number, version=f"{number}.0.0")
    return database_url


def _registry(url: str, folder: Path, *arguments: str, stdin: str = "") -> tuple[int, str]:
    variables = {"DATABASE_URL": url, "REGISTRY_DATA_DIR": str(folder)}
    done = registry(*arguments, stdin=stdin, **variables)
    return done.returncode, done.stdout + done.stderr


def test_plan_then_apply_then_verify(url: str, tmp_path: Path) -> None:
    code, planned = _registry(url, tmp_path, "retention", "plan")
    assert (code, planned.splitlines()) == (
        0,
        [
            "archive  old 2.0.0: only the latest stays (3.0.0), and nothing protects it",
            "archive  old 1.0.0: only the latest stays (3.0.0), and nothing protects it",
            "To archive 2 and to purge 0, in 1 model; 0 protected",
        ],
    )
    code, declined = _registry(url, tmp_path, "retention", "apply", stdin="n\n")
    assert (code, "Nothing was done" in declined) == (1, True)
    code, applied = _registry(url, tmp_path, "retention", "apply", "--yes")
    assert (code, "Archived 2 versions, purged 0" in applied) == (0, True)
    code, sound = _registry(url, tmp_path, "archive", "verify")
    assert (code, "2 archives are sound" in sound) == (0, True)
    first, second = (tmp_path / "archives").glob("*/*")
    first.write_bytes(b"harmed")
    second.rename(second.with_name(f"{'0' * 64}.json.zst"))
    code, harmed = _registry(url, tmp_path, "archive", "verify", "--unreferenced")
    assert code == 1
    for text in (
        "corrupt",
        "missing",
        "2 archives cannot be restored",
        "1 object is not",
        "0" * 64,
    ):
        assert text in " ".join(harmed.split())


def test_the_end_of_input_at_the_question_is_a_no(url: str, tmp_path: Path) -> None:
    code, output = _registry(url, tmp_path, "retention", "apply")
    assert (code, output.splitlines()[-1]) == (1, "Aborted")
    _, plan = _registry(url, tmp_path, "retention", "plan")
    assert "in 1 model;" in plan


def test_retention_of_a_fresh_registry_archives_nothing_that_the_catalog_names(
    database_url: str, tmp_path: Path
) -> None:
    code, _ = _registry(database_url, tmp_path, "import", "genai-prices")
    assert code == 0
    code, applied = _registry(database_url, tmp_path, "retention", "apply", "--yes")
    *lines, totals = applied.splitlines()
    assert (code, totals[:36]) == (0, "To archive 0 and to purge 0, in 0 mo")
    assert any(
        re.match(r"keep     gpt-4o \S+: listed in genai-prices \(LISTED\)$", line) for line in lines
    )
    assert {line.split()[0] for line in lines} == {"keep"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "none"], "--model: no model has the name 'none'"),
        (["--keep", "11"], "--keep"),
        (["--purge-before", "2999-01-01"], "--purge-before: must not be in the future"),
    ],
)
def test_a_bad_option_is_one_line(
    url: str, tmp_path: Path, arguments: list[str], message: str
) -> None:
    code, output = _registry(url, tmp_path, "retention", "plan", *arguments)
    assert (code, output.count("\n")) == (2, 1)
    assert message in output


def test_keep_and_model_limit_the_plan(url: str, tmp_path: Path) -> None:
    for keep, archived in (("10", 0), ("2", 1)):
        _, planned = _registry(url, tmp_path, "retention", "plan", "--model", "old", "--keep", keep)
        assert f"To archive {archived} and" in planned


async def test_what_was_archived_although_a_catalog_lists_it_is_named_and_restored(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    model = await factories.model(db, name="old", retention_keep=1)
    bindings = [
        await factories.binding(
            db, await factories.version(db, model, number=number, version=f"{number}.0.0")
        )
        for number in (1, 2, 3)
    ]
    _registry(database_url, tmp_path, "retention", "apply", "--yes")
    command = ("retention", "wrongly-archived")
    found = _registry(database_url, tmp_path, *command, "--restore")
    assert found == (0, "0 versions archived although a catalog lists them\n")
    for name in ("two", "one"):
        await factories.entry(db, await factories.catalog(db, name=name), bindings[0])
    delisted = {"delisted_at": factories.EPOCH, "last_seen_at": factories.EPOCH}
    await factories.entry(db, await factories.catalog(db), bindings[1], **delisted)
    lines = [
        "old 1.0.0: listed in one, two",
        "1 version archived although a catalog lists them",
    ]
    code, output = _registry(database_url, tmp_path, *command)
    assert (code, output.splitlines()) == (0, lines)
    code, output = _registry(database_url, tmp_path, *command, "--restore")
    assert (code, output.splitlines()) == (0, [*lines, "Restored 1 version"])
    async with db.write("tests") as session:
        statuses = [
            version.status.value
            for version in await session.exec(select(ModelVersion).order_by("number"))
        ]
        restored = await session.get(ProviderBinding, bindings[0].id)
    assert (statuses, restored is not None) == (["ACTIVE", "ARCHIVED", "ACTIVE"], True)


async def test_what_cannot_be_restored_is_named(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    model = await factories.model(db, name="old", retention_keep=1)
    first, _ = [await factories.version(db, model, number=n, version=f"{n}.0.0") for n in (1, 2)]
    binding = await factories.binding(db, first)
    _registry(database_url, tmp_path, "retention", "apply", "--yes")
    await factories.entry(db, await factories.catalog(db), binding)
    (archive,) = (tmp_path / "archives").glob("*/*")
    archive.write_bytes(b"harmed")
    code, output = _registry(database_url, tmp_path, "retention", "wrongly-archived", "--restore")
    assert (code, "old 1.0.0: not restored" in output) == (1, True)
    assert "Restored 0 versions" in output
    assert "1 version cannot be restored" in output
