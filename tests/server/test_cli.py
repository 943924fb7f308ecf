"""The command line starts fast: help and version import none of the large libraries."""

import subprocess
import sys

import pytest

LARGE = {"alembic", "boto3", "graphql", "pydantic_settings", "rich", "sqlalchemy", "strawberry"}
LARGE |= {"uvicorn", "server.settings"}


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["--version"]])
def test_help_imports_little(arguments: list[str]) -> None:
    program = (
        "import sys; from server import __main__\n"
        f"sys.argv = ['registry', *{arguments}]\n"
        "try: __main__.main()\n"
        "except SystemExit as end: code = end.code\n"
        "print(code, *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    code, *modules = done.stdout.splitlines()[-1].split()
    assert code == "0"
    assert LARGE & set(modules) == set()
