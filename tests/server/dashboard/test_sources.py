"""The source of the dashboard, as a whole: what each page must do alike."""

import json
import re

from tests.server.dashboard.pages import SOURCE

UI = SOURCE.parent
FILES = sorted(file for file in SOURCE.rglob("*.ts*") if not {"gql", "graphiql"} & set(file.parts))
_FORMATS = re.compile(r"DateTimeFormat\([^)]*\)|toLocale(?:Date|Time)String\([^)]*\)")
_IMPORTED = re.compile(r"""(?:from|import\(?)\s*["']([^."'][^"']*)["']""")


def _package(module: str) -> str:
    return "/".join(module.split("/")[: 2 if module.startswith("@") else 1])


def test_times_are_written_in_utc() -> None:
    """In the reader's zone only beside the same in UTC, and with the name of the zone."""
    wrong = [
        f"{file.relative_to(UI)}: {found}"
        for file in FILES
        for found in _FORMATS.findall(file.read_text("utf-8"))
        if 'timeZone: "UTC"' not in found and 'timeStyle: "long"' not in found
    ]
    assert wrong == []


def test_each_package_is_used() -> None:
    """By an import, or by a package that is imported and wants it beside itself."""
    manifest = json.loads((UI / "package.json").read_text("utf-8"))
    lock = json.loads((UI / "package-lock.json").read_text("utf-8"))["packages"]
    code = [*SOURCE.rglob("*.ts*"), *SOURCE.rglob("*.js*"), *UI.glob("*.*s")]
    texts = [file.read_text("utf-8") for file in code if "gql" not in file.parts]
    imported = {_package(name) for text in texts for name in _IMPORTED.findall(text)}
    wanted = {
        name
        for package in imported & manifest["dependencies"].keys()
        for name in lock[f"node_modules/{package}"].get("peerDependencies", {})
    }
    assert manifest["dependencies"].keys() - imported - wanted == set()
