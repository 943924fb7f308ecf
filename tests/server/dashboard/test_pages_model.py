"""The dashboard's page of a model, in Chromium: see specs.py."""

from pathlib import Path

import pytest

from tests.server.dashboard.specs import MODEL, NEEDS_CHROMIUM, run

pytestmark = NEEDS_CHROMIUM


@pytest.mark.parametrize("spec", MODEL)
async def test_pages(spec: str, postgres_url: str, with_catalog: str, tmp_path: Path) -> None:
    await run(spec, postgres_url, with_catalog, tmp_path)
