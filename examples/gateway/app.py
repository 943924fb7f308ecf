"""The gateway's endpoints: completions for callers, and for operators metrics and routes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.gateway.calls import CALL_TIMEOUT_S, Attempt, along
from examples.gateway.client import (
    GatewayRoute,
    Outcome,
    RegistryClient,
    RoutedBinding,
    RouteStrategy,
)
from examples.gateway.metrics import Metrics
from examples.gateway.reports import Reports
from examples.gateway.routes import KnownRoutes, UnknownModel, in_order
from examples.gateway.trials import Trials

_REGISTRY_TIMEOUT_S = 5.0
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=200)


@dataclass
class Gateway:
    """All that one gateway keeps in memory."""

    http: httpx.AsyncClient
    routes: KnownRoutes
    trials: Trials
    reports: Reports
    metrics: Metrics
    is_weighted: bool

    async def complete(self, request: Request) -> Response:
        """Answer a completion from the first provider that can."""
        try:
            body = await request.json()
            model = str(body["model"])
            route = await self.routes.of(model)
        except (ValueError, KeyError, TypeError):
            return _error(400, "the body must be a JSON object with `model`")
        except UnknownModel as error:
            return _error(404, str(error))
        last = await along(self.http, self._bindings(model, route), body, self._report)
        self.metrics.requests.labels(last.outcome.value if last else "NO_CANDIDATE").inc()
        if last is None:
            return _error(503, _why_none(model, route))
        if last.outcome is Outcome.SUCCESS:
            served_by = {"x-served-by": last.binding.provider.slug}
            return JSONResponse(last.body, headers=served_by)
        is_callers = last.outcome in (Outcome.CLIENT_ERROR, Outcome.CONTENT_FILTER)
        status = last.status if is_callers else 502
        return _error(status, f"{last.binding.provider.slug} answered {last.outcome.value}")

    async def show_metrics(self, request: Request) -> Response:
        """The metrics, in the text format of Prometheus."""
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4")

    async def show_routes(self, request: Request) -> Response:
        """The routes as the gateway knows them, by the name of the model."""
        known = self.routes.routes.items()
        return JSONResponse({model: route.model_dump(mode="json") for model, route in known})

    def _bindings(self, model: str, route: GatewayRoute) -> Iterator[tuple[RoutedBinding, bool]]:
        """What one call tries, and whether it is a trial: a trial that is ours comes first."""
        self.trials.begin(model, route)
        if trial := self.trials.take(model):
            yield trial, True
        for binding in in_order(route, self.is_weighted):
            yield binding, False

    def _report(self, attempt: Attempt) -> None:
        self.metrics.count(attempt)
        self.reports.add(attempt)


def _why_none(model: str, route: GatewayRoute) -> str:
    reasons = [f"{each.binding.provider.slug}: {each.reason.value}" for each in route.excluded]
    return f"no provider of {model!r} is usable ({', '.join(reasons) or 'it has none'})"


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message}}, status)


@asynccontextmanager
async def running(url: str, strategy: RouteStrategy) -> AsyncIterator[Gateway]:
    """A gateway that follows the registry at a URL, for the length of the block.

    At the end it reports what it has not reported yet, if the registry takes it at once.
    """
    timeout = httpx.Timeout(_REGISTRY_TIMEOUT_S)
    async with (
        httpx.AsyncClient(timeout=timeout, limits=_LIMITS) as to_registry,
        httpx.AsyncClient(timeout=CALL_TIMEOUT_S, limits=_LIMITS) as to_providers,
    ):
        client = RegistryClient(url, to_registry)
        routes, trials, reports = KnownRoutes(client, strategy), Trials(client), Reports(client)
        metrics = Metrics()
        _show(metrics, client, routes, trials, reports)
        reporting = asyncio.create_task(reports.run())
        is_weighted = strategy is RouteStrategy.WEIGHTED
        try:
            yield Gateway(to_providers, routes, trials, reports, metrics, is_weighted)
        finally:
            await routes.close()
            await trials.close()
            reporting.cancel()
            await asyncio.gather(reporting, return_exceptions=True)
            while reports.waiting and await reports.flush():
                pass


def _show(
    metrics: Metrics,
    client: RegistryClient,
    routes: KnownRoutes,
    trials: Trials,
    reports: Reports,
) -> None:
    show = metrics.show
    show("waiting_calls", "Calls not reported to the registry yet.", lambda: reports.waiting)
    show("accepted_reports", "Items and rollups that the registry took.", lambda: reports.accepted)
    show("refused_reports", "Items and rollups that it refused.", lambda: reports.refused)
    show("dropped_calls", "Calls dropped: the buffer was full.", lambda: reports.dropped)
    show("report_retries", "Reports sent again with their key.", lambda: reports.retries)
    show("followed_routes", "Routes whose stream is open.", lambda: len(routes.followed))
    show("route_polls", "Routes fetched while there was no stream.", lambda: routes.polls)
    show("not_modified", "Routes that had not changed: 304.", lambda: client.not_modified)
    show("claimed_trials", "Trials of circuits claimed.", lambda: trials.claimed_total)


def app(url: str, strategy: RouteStrategy) -> Starlette:
    """The HTTP application of a gateway."""

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:
        async with running(url, strategy) as gateway:
            complete = Route("/v1/chat/completions", gateway.complete, methods=["POST"])
            metrics = Route("/metrics", gateway.show_metrics)
            routes = Route("/routes", gateway.show_routes)
            application.router.routes.extend([complete, metrics, routes])
            yield

    return Starlette(lifespan=lifespan)
