"""Trials of HALF_OPEN circuits: of all gateways, one claims the trial and sends one call."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import uuid4

from examples.gateway.client import (
    BindingRefId,
    ClaimTrialInput,
    GatewayRoute,
    RegistryClient,
    RoutedBinding,
)
from examples.gateway.routes import needs_trial
from examples.gateway.transport import Refused, Unreachable

_log = logging.getLogger(__name__)


class Claimed(NamedTuple):
    """A trial that is ours until a time."""

    binding: RoutedBinding
    until: datetime


class Trials:
    """Claims trials beside the calls, so that no caller waits for the registry."""

    def __init__(self, client: RegistryClient) -> None:
        self.claimed_total = 0
        self._client = client
        self._claimed: dict[str, list[Claimed]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def begin(self, model: str, route: GatewayRoute) -> None:
        """Ask for the trials that a route offers; `take` has them once they are ours."""
        for candidate in route.candidates:
            binding = candidate.binding
            if needs_trial(binding) and binding.id not in self._asking:
                task = asyncio.create_task(self._claim(model, binding))
                self._asking[binding.id] = task

    def take(self, model: str) -> RoutedBinding | None:
        """A binding to which the next call has to go first, if a trial is ours."""
        claimed = self._claimed.get(model, [])
        while claimed:
            trial = claimed.pop()
            if trial.until > datetime.now(UTC):
                return trial.binding
        return None

    async def close(self) -> None:
        """Ask no more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _claim(self, model: str, binding: RoutedBinding) -> None:
        """Claim a trial once; the next route says whether to ask again."""
        claim = ClaimTrialInput(binding=BindingRefId(id=binding.id), idempotencyKey=str(uuid4()))
        try:
            answer = await self._client.claim_trial(claim)
            if answer and answer.claimed and answer.until:
                self.claimed_total += 1
                self._claimed.setdefault(model, []).append(Claimed(binding, answer.until))
            await asyncio.sleep(1.0)  # time for the route to say that the trial is taken
        except (Unreachable, Refused) as error:
            _log.info("no trial of %s: %s", binding.provider.slug, error)
            await asyncio.sleep(1.0)
        finally:
            self._asking.pop(binding.id, None)
