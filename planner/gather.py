"""Awaits several awaitables concurrently, and leaves none of them running."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any


async def gather_or_cancel(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    """Their results, in order.

    On the first error, or when cancelled, it cancels the others and waits for their end.
    """
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
