"""The public audit suite of GraphQL over HTTP: npm's graphql-http, against the live server."""

import asyncio
from pathlib import Path
from shutil import which

import httpx
import pytest

from tests.server.conftest import on_every_path

AUDIT = Path(__file__).parents[1] / "audit"

needs_audit = pytest.mark.skipif(
    which("node") is None or not (AUDIT / "node_modules").is_dir(),
    reason="needs Node, and `npm ci` in tests/server/audit",
)


@on_every_path
@needs_audit
async def test_all_61_audits_pass(client: httpx.AsyncClient) -> None:
    process = await asyncio.create_subprocess_exec(
        "node",
        str(AUDIT / "audit.mjs"),
        str(client.base_url.join("/graphql")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, failures = await process.communicate()
    assert failures.decode() == ""
    assert printed.decode().strip() == "61 of 61"
    assert process.returncode == 0
