"""The generated client is the one that the schema and the documents give now."""

import subprocess
import sys
from pathlib import Path

from graphql import build_schema, parse, validate

from examples.gateway import transport
from tests.project.pages import ROOT

GATEWAY = ROOT / "examples" / "gateway"
CONFIG = (GATEWAY / "graphql.config.yaml").read_text("utf-8")


def test_generating_it_again_gives_the_same(tmp_path: Path) -> None:
    """So a change of what it uses of the schema is seen: `make client` renews it."""
    assert CONFIG.count("out_dir: examples/gateway") == 1
    config = tmp_path / "graphql.config.yaml"
    config.write_text(CONFIG.replace("out_dir: examples/gateway", f"out_dir: {tmp_path}"), "utf-8")
    command = [Path(sys.executable).parent / "turms", "gen", "--config", config]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    generated = (tmp_path / "client.py").read_text("utf-8")
    assert generated == (GATEWAY / "client.py").read_text("utf-8")


def test_each_document_is_valid_by_itself() -> None:
    """A trusted document has all the fragments that it uses."""
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text("utf-8"))
    for file in sorted(transport.DOCUMENTS.glob("*.graphql")):
        assert validate(schema, parse(file.read_text("utf-8"))) == []
