"""Users of three kinds, for Locust: an explorer in GraphiQL, a dashboard, and a gateway.

`make load` runs it. With Locust itself: `locust -f deploy/load/locustfile.py --host URL`.

LOAD_TOKEN          a token of any role, where the registry requires tokens
LOAD_GATEWAY_TOKEN  a token with the role GATEWAY or above for gateways; else LOAD_TOKEN
LOAD_OUTCOMES       0: gateways report no outcomes. Reports are stored: they change what the
                    registry knows of the health of its bindings
"""

import json
import os
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from gevent.lock import RLock
from graphql import get_introspection_query
from locust import FastHttpUser, between, constant_pacing, task
from locust.exception import StopUser

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "ui" / "examples"
TOUR = (
    *("01-explore-models", "02-dashboard-page", "03-gateway-fetch", "08-catalogs"),
    *("09-cheapest-provider", "10-retiring", "12-route-a-call"),
)
KEPT_MAX = 300  # models, and so bindings, that the users ask for
REPORTED = 20  # calls of a report
FAILING = 0.01  # of the calls
_ONE_ASKS = RLock()

_MODELS = """query Models($after: String) {
  models(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { name latestVersion { bindings(first: 1, filter: { routable: true }) { nodes { id } } } }
  }
}"""
_ROUTE = """query Route($input: RouteInput!) {
  route(input: $input) {
    etag ttlSeconds
    candidates { rank expectedCost binding { id url providerModelId provider { slug } } }
  }
}"""
_REPORT = """mutation Report($input: ReportOutcomesInput!) {
  reportOutcomes(input: $input) { accepted rejected userErrors { code message } }
}"""
_CHANGES = "subscription Changes { registryChanged { cursor } }"


def example(name: str) -> tuple[str, dict[str, Any]]:
    """A query of the example tabs, and its variables."""
    variables = EXAMPLES / f"{name}.json"
    given = json.loads(variables.read_text("utf-8")) if variables.is_file() else {}
    return (EXAMPLES / f"{name}.graphql").read_text("utf-8"), given


class _User(FastHttpUser):
    """What all kinds have: a token, GraphQL, and models that the registry knows."""

    abstract = True
    token_names: tuple[str, ...] = ("LOAD_TOKEN",)
    known: list[tuple[str, str]] = []  # names of models, and a routable binding of each

    def on_start(self) -> None:
        """Ask for models, once for all users; without any, the user stops."""
        with _ONE_ASKS:
            if not self.known:
                self.known.extend(self._models())
        if not self.known:
            raise StopUser("the registry has no model with a routable binding")

    def send(self, name: str, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The data of an operation; errors, and refusals by userErrors, count as failures."""
        body = {"query": query, "variables": dict(variables or {})}
        with self.client.post(
            "/graphql", json=body, headers=self.headers(), name=name, catch_response=True
        ) as response:
            try:
                answer = json.loads(response.text or "")
            except ValueError:
                response.failure(f"status {response.status_code}")
                return {}
            data = answer.get("data") or {}
            refused = [error for each in data.values() for error in _refusals(each)]
            for error in (answer.get("errors") or []) + refused:
                response.failure(error.get("message", "an error without a message"))
                break
            else:
                response.success()
            return data

    def headers(self) -> dict[str, str]:
        """The headers of each request: the token, if there is one."""
        tokens = [os.environ[name] for name in self.token_names if os.environ.get(name)]
        return {"authorization": f"Bearer {tokens[0]}"} if tokens else {}

    def model(self) -> tuple[str, str]:
        """The name of a model at random, and a binding of it."""
        return random.choice(self.known)

    def _models(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        after = None
        while len(found) < KEPT_MAX:
            page = self.send("(models at the start)", _MODELS, {"after": after}).get("models")
            if not page:
                break
            for node in page["nodes"]:
                latest = node["latestVersion"] or {"bindings": {"nodes": []}}
                found += [(node["name"], each["id"]) for each in latest["bindings"]["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        return found


def _refusals(payload: Any) -> list[dict[str, Any]]:
    """The userErrors of a mutation's payload."""
    return list(payload.get("userErrors") or []) if isinstance(payload, dict) else []


class Explorer(_User):
    """A developer in GraphiQL: introspection, then one query of the tour after the other."""

    weight = 1
    wait_time = between(1, 5)

    def on_start(self) -> None:
        """GraphiQL asks for the schema first."""
        super().on_start()
        self.client.get("/graphql", headers={"accept": "text/html"}, name="GraphiQL")
        self.send("introspection", get_introspection_query())

    @task
    def tour(self) -> None:
        """A query of an example tab, of a model that is there."""
        name = random.choice(TOUR)
        query, variables = example(name)
        model, _ = self.model()
        if "name" in variables:
            variables["name"] = model
        if "input" in variables:
            variables["input"]["model"]["name"] = model
        self.send(f"tour: {name}", query, variables)


class Dashboard(_User):
    """A page of models with all below them, the next pages, and the stream of changes."""

    weight = 2
    wait_time = between(1, 3)
    after: str | None = None

    @task(10)
    def page(self) -> None:
        """The first page, then the next ones."""
        query, _ = example("02-dashboard-page")
        page = self.send("dashboard: page", query, {"after": self.after}).get("models")
        info = page["pageInfo"] if page else {"hasNextPage": False}
        self.after = str(info["endCursor"]) if info["hasNextPage"] else None

    @task(3)
    def cheapest(self) -> None:
        """A graph with filters and an order."""
        self.send("dashboard: cheapest provider", example("09-cheapest-provider")[0])

    @task(1)
    def follow(self) -> None:
        """Open the stream of changes, and wait for its first line."""
        headers = {**self.headers(), "accept": "text/event-stream"}
        with self.client.post(
            "/graphql",
            json={"query": _CHANGES},
            headers=headers,
            name="dashboard: subscribe",
            stream=True,
            catch_response=True,
        ) as response:
            line = response.stream.readline(b"\n") if response.status_code == 200 else b""
            if line:
                response.success()
            else:
                response.failure(f"status {response.status_code} and no line")


class Gateway(_User):
    """A gateway: ten reads a second, and what became of the calls."""

    weight = 7
    wait_time = constant_pacing(0.1)
    token_names = ("LOAD_GATEWAY_TOKEN", "LOAD_TOKEN")

    def on_start(self) -> None:
        """No call has ended yet."""
        super().on_start()
        self.ended: list[dict[str, Any]] = []

    @task(3)
    def fetch(self) -> None:
        """The kept query, of a model at random."""
        name, binding = self.model()
        self.send("gateway: fetch", example("03-gateway-fetch")[0], {"name": name})
        self._call(binding)

    @task(1)
    def route(self) -> None:
        """Where to send a call."""
        name, binding = self.model()
        given = {"model": {"name": name}, "strategy": "BALANCED"}
        self.send("gateway: route", _ROUTE, {"input": given})
        self._call(binding)

    def _call(self, binding: str) -> None:
        """A call has ended; several are reported at once."""
        failed = random.random() < FAILING
        self.ended.append(
            {
                "binding": binding,
                "at": datetime.now(UTC).isoformat(),
                "outcome": "TIMEOUT" if failed else "SUCCESS",
                "latencyMs": random.lognormvariate(6, 0.5),
            }
        )
        if len(self.ended) >= REPORTED:
            items, self.ended = self.ended, []
            if os.environ.get("LOAD_OUTCOMES", "1") != "0":
                input = {"items": items, "idempotencyKey": str(uuid4())}
                self.send("gateway: report outcomes", _REPORT, {"input": input})
