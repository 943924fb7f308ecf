"""The pages of the dashboard in Chromium, but for those of the other modules: see specs.py.

It needs Chromium and `make ui`, and is skipped without them.
"""

from pathlib import Path

import pytest

from tests.server.dashboard.specs import NEEDS_CHROMIUM, OTHERS, run

pytestmark = NEEDS_CHROMIUM


@pytest.mark.parametrize("spec", OTHERS)
async def test_pages(spec: str, postgres_url: str, with_catalog: str, tmp_path: Path) -> None:
    await run(spec, postgres_url, with_catalog, tmp_path)
