"""The static floor: uvicorn and Starlette parse the request's JSON and send fixed bytes."""

import os
from pathlib import Path

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_RESPONSES = {file.stem: file.read_bytes() for file in Path(os.environ["RESPONSES"]).glob("*.json")}


async def respond(request: Request) -> Response:
    """Send the response that the registry gave to the same operation before the measurement."""
    operation = orjson.loads(await request.body())
    return Response(_RESPONSES[operation["operationName"]], media_type="application/json")


app = Starlette(routes=[Route("/graphql", respond, methods=["POST"])])
