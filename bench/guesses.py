"""Whether the time of a refusal tells that a token has a guessed prefix: `python -m bench.guesses`.

Wrong tokens are sent one after the other on one connection, in random order: half of them have the
prefix of a token, and half have one that no token has. A rank test compares the two. `advantage` is
how often a refusal of the one kind took longer than one of the other, less a half: 0 tells nothing,
0.5 everything. The tokens are looked up first, and then refused from memory, as they are when too
many came from one address.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace
from http.client import HTTPConnection
from math import sqrt
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import Annotated

import orjson
import typer

from bench import comparison, data, servers
from bench.servers import CACHED, Server
from bench.terminal import note, table
from domain import token_secrets

_BODY = orjson.dumps({"query": "{ models(first: 1) { nodes { name } } }"})
_PREFIX_END = len(token_secrets.MARK) + token_secrets.PREFIX_LENGTH
_WARM_UP = 200  # refusals that are not measured
_Z_MAX = 4.0  # chance gives more in one of 16,000 comparisons


@dataclass(frozen=True, slots=True)
class Comparison:
    """The refusals of one kind: medians in microseconds, and what an attacker learns from one."""

    refusals: str
    count: int
    known_prefix_us: float
    unknown_prefix_us: float
    advantage: float
    z: float


def main(
    count: Annotated[int, typer.Option(min=100, help="Refusals of each prefix.")] = 10_000,
) -> None:
    """Compare the times of refusals."""
    with (
        TemporaryDirectory() as scratch,
        data.fresh(data.PER_MODEL) as url,
        _running(url, Path(scratch)) as (token, connect),
    ):
        found = [_compared(name, connect[name], token, count) for name in connect]
    columns = [field.name for field in fields(Comparison)]
    table("Refusals of guesses", columns, [list(map(str, astuple(each))) for each in found])
    note("medians in microseconds")
    if any(abs(each.z) > _Z_MAX for each in found):
        raise SystemExit("The time of a refusal tells whether a token has the prefix")


@contextmanager
def _running(url: str, folder: Path) -> Iterator[tuple[str, dict[str, tuple[str, int]]]]:
    """A token, and for each kind of refusals the address of a server and the status it gives."""
    server = next(each for each in comparison.with_tokens(url) if each.name.endswith(CACHED))
    with (
        servers.started(_limited(server, 0), url, folder) as looking,
        servers.started(_limited(server, 1), url, folder) as remembering,
    ):
        for each in (looking, remembering):
            servers.wait_until_listening(each)
        yield (
            server.token,
            {
                "looked up": (f"127.0.0.1:{looking.port}", 401),
                "from memory": (f"127.0.0.1:{remembering.port}", 429),
            },
        )


def _limited(server: Server, wrong_per_minute: int) -> Server:
    limit = {"REGISTRY_WRONG_CREDENTIALS_PER_MINUTE": str(wrong_per_minute)}
    name = f"{server.name}-{wrong_per_minute}"
    return replace(server, name=name, environment=server.environment | limit)


def _compared(refusals: str, target: tuple[str, int], token: str, count: int) -> Comparison:
    address, status = target
    connection = HTTPConnection(address, timeout=30)
    known: list[int] = []
    unknown: list[int] = []
    _timed(connection, token)  # it has loaded its tokens
    guesses = _guesses(token, count)
    for guess in guesses[:_WARM_UP]:
        _timed(connection, guess)
    for guess in guesses:
        given, taken = _timed(connection, guess)
        if given == status:  # one a minute is looked up in any case
            (known if guess.startswith(token[:_PREFIX_END]) else unknown).append(taken)
    advantage, z = _ranked(known, unknown)
    return Comparison(
        refusals,
        len(known) + len(unknown),
        round(median(known) / 1_000, 2),
        round(median(unknown) / 1_000, 2),
        round(advantage, 4),
        round(z, 2),
    )


def _guesses(token: str, count: int) -> list[str]:
    """Wrong tokens in random order: as many with the prefix of a token as with other prefixes.

    All are made before the first is sent, in the same way, so that the client's own work is equal.
    """
    prefixes = [token[len(token_secrets.MARK) : _PREFIX_END]] * count
    prefixes += [token_secrets.new_prefix() for _ in range(count)]
    Random(1).shuffle(prefixes)
    return [token_secrets.new(prefix).text for prefix in prefixes]


def _timed(connection: HTTPConnection, token: str) -> tuple[int, int]:
    """The status of a response, and its nanoseconds."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    began = perf_counter_ns()
    connection.request("POST", "/graphql", _BODY, headers)
    response = connection.getresponse()
    response.read()
    return response.status, perf_counter_ns() - began


def _ranked(first: list[int], second: list[int]) -> tuple[float, float]:
    """How often one of the first is larger than one of the second, less a half; and the z score
    of the rank test of Mann and Whitney."""
    ordered = sorted([(each, True) for each in first] + [(each, False) for each in second])
    ranks = sum(rank for rank, (_, is_first) in enumerate(ordered, 1) if is_first)
    n, m = len(first), len(second)
    larger = ranks - n * (n + 1) / 2
    return larger / (n * m) - 0.5, (larger - n * m / 2) / sqrt(n * m * (n + m + 1) / 12)


if __name__ == "__main__":
    typer.run(main)
