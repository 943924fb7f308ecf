"""The dashboard's lists and their addresses, in Chromium: see specs.py."""

from pathlib import Path

import pytest

from tests.server.dashboard.specs import LISTS, NEEDS_CHROMIUM, run

pytestmark = NEEDS_CHROMIUM


@pytest.mark.parametrize("spec", LISTS)
async def test_pages(spec: str, postgres_url: str, with_catalog: str, tmp_path: Path) -> None:
    await run(spec, postgres_url, with_catalog, tmp_path)
