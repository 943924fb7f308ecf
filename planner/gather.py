"""Awaits several things at once, and leaves nothing running behind."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any


async def together(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    """Their results in order. On the first error, or when cancelled, the others are cancelled,
    and have ended before it is raised."""
    if len(awaitables) == 1:
        return [await awaitables[0]]
    futures = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    try:
        return await asyncio.gather(*futures)
    except BaseException:
        for future in futures:
            future.cancel()
        await asyncio.gather(*futures, return_exceptions=True)
        raise
