"""A page whose server goes away, and pages where only trusted documents are executed: see specs.py.

It needs Chromium and `make ui`, and is skipped without them.
"""

from pathlib import Path

import pytest

from tests.server.dashboard.specs import LIVE, NEEDS_CHROMIUM, run

pytestmark = NEEDS_CHROMIUM


@pytest.mark.parametrize("spec", LIVE)
async def test_live(spec: str, postgres_url: str, with_catalog: str, tmp_path: Path) -> None:
    await run(spec, postgres_url, with_catalog, tmp_path)
