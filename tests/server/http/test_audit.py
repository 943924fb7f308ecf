"""The public audit suite of GraphQL over HTTP: npm's graphql-http, against the live server."""

import asyncio
from pathlib import Path
from shutil import which

import httpx
import pytest

from db.postgres.engine import Database
from tests import factories
from tests.server.conftest import Serving, on_every_path

AUDIT = Path(__file__).parents[1] / "audit"

needs_audit = pytest.mark.skipif(
    which("node") is None or not (AUDIT / "node_modules").is_dir(),
    reason="needs Node, and `npm ci` in tests/server/audit",
)


@on_every_path
@needs_audit
async def test_all_61_audits_pass(client: httpx.AsyncClient) -> None:
    await all_pass(str(client.base_url.join("/graphql")))


@on_every_path
@needs_audit
async def test_all_61_audits_pass_with_a_token(serve: Serving, db: Database) -> None:
    token = await factories.token(db)
    async with serve(require_tokens=True) as client:
        await all_pass(str(client.base_url.join("/graphql")), token)


async def all_pass(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "node",
        str(AUDIT / "audit.mjs"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, failures = await process.communicate()
    assert failures.decode() == ""
    assert printed.decode().strip() == "61 of 61"
    assert process.returncode == 0
