"""`python -m examples.gateway --registry URL` serves the gateway."""

import argparse
import logging

import uvicorn

from examples.gateway.app import app
from examples.gateway.client import RouteStrategy


def main() -> None:
    """Serve the gateway until the process is stopped."""
    parser = argparse.ArgumentParser(description="A gateway that takes its routes from a registry.")
    parser.add_argument("--registry", default="http://127.0.0.1:8003/graphql")
    parser.add_argument("--port", type=int, default=8004)
    parser.add_argument("--strategy", type=RouteStrategy, default=RouteStrategy.WEIGHTED)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    uvicorn.run(app(given.registry, given.strategy), port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
