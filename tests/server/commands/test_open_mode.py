"""Where a registry that requires no tokens may listen, and what the start says about access."""

import asyncio
import socket
from typing import Any

import pytest

from db.postgres.engine import Database
from domain.access import Role
from server.commands import listening, open_mode
from server.commands.failures import USAGE, Failure
from server.settings import Settings
from server.settings_base import is_loopback
from tests import factories

OPEN = "whoever reaches this address may read, write and delete"
# The address to listen on, and whether only this machine can reach it.
ADDRESSES = {
    "127.0.0.1": True,
    "127.8.9.10": True,
    "127.1": True,  # a short form of 127.0.0.1
    "localhost": True,
    "::1": True,
    "::ffff:127.0.0.1": True,
    "0.0.0.0": False,
    "0": False,  # a short form of 0.0.0.0
    "::": False,
    "::ffff:0.0.0.0": False,
}


def _settings(host: str, **given: Any) -> Settings:
    return Settings(_env_file=None, host=host, port=0, **given)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("host", ADDRESSES)
def test_an_open_registry_listens_on_loopback_addresses_only(host: str, workers: int) -> None:
    with listening.bind(host, 0, workers) as bound:
        if ADDRESSES[host]:
            open_mode.check(_settings(host), bound)
        else:
            with pytest.raises(Failure, match="REGISTRY_HOST: other machines can reach") as refused:
                open_mode.check(_settings(host), bound)
            assert refused.value.exit_code == USAGE
            assert host in str(refused.value)
            assert "REGISTRY_REQUIRE_TOKENS=true, or REGISTRY_ALLOW_OPEN=true" in str(refused.value)
        for given in ({"require_tokens": True}, {"allow_open": True}):
            open_mode.check(_settings(host, **given), bound)


def test_the_address_counts_that_a_name_resolves_to() -> None:
    """The name of this machine may be a loopback address, as on Debian, or another one."""
    name = socket.gethostname()
    with listening.bind(name, 0, 1) as bound:
        if is_loopback(bound.getsockname()[0]):
            open_mode.check(_settings(name), bound)
        else:
            with pytest.raises(Failure):
                open_mode.check(_settings(name), bound)


@pytest.mark.parametrize("listed", ["*", "registry.example, *"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_an_open_registry_does_not_answer_to_any_host_name(host: str, listed: str) -> None:
    """A page of any site could use it, by DNS rebinding."""
    with listening.bind(host, 0, 1) as bound:
        with pytest.raises(Failure, match=r"REGISTRY_ALLOWED_HOSTS=\*: any web page") as refused:
            open_mode.check(_settings(host, allowed_hosts=listed), bound)
        assert refused.value.exit_code == USAGE
        assert "REGISTRY_REQUIRE_TOKENS=true, or REGISTRY_ALLOW_OPEN=true" in str(refused.value)
        for given in ({"require_tokens": True}, {"allow_open": True}):
            open_mode.check(_settings(host, allowed_hosts=listed, **given), bound)
    warned = _said(host, "", allowed_hosts=listed, allow_open=True)
    assert warned is not None
    assert "any web page, by REGISTRY_ALLOWED_HOSTS=*" in warned


def _said(host: str, url: str, **given: Any) -> str | None:
    with listening.bind(host, 0, 1) as bound:
        return open_mode.warning(_settings(host, **given), bound, url)


def test_the_start_says_in_one_line_that_a_registry_is_open(database_url: str) -> None:
    here, elsewhere = _said("localhost", ""), _said("0.0.0.0", "", allow_open=True)
    assert here is not None
    assert elsewhere is not None
    assert here.startswith(f"Open mode: {OPEN}, also through a proxy on this machine")
    assert elsewhere == f"Warning: open mode on 0.0.0.0, which other machines can reach: {OPEN}"
    assert "\n" not in here + elsewhere


async def test_the_start_says_how_to_make_the_first_token(db: Database, database_url: str) -> None:
    def said() -> str | None:
        return _said("0.0.0.0", database_url, require_tokens=True)

    line = await asyncio.to_thread(said)
    assert line == (
        "No token is valid yet. Make one: registry token create --name admin --role ADMIN"
    )
    by_oidc = {"oidc_issuer": "https://issuer.example", "oidc_audience": "registry"}
    roles = {"oidc_default_role": Role.READER}
    assert _said("0.0.0.0", "", require_tokens=True, **by_oidc, **roles) is None
    await factories.token(db)
    assert await asyncio.to_thread(said) is None


def test_the_start_on_an_empty_database_says_what_to_do(empty_url: str) -> None:
    line = _said("127.0.0.1", empty_url, require_tokens=True)
    assert line == (
        "The database is empty: run `registry migrate`, then make a token:"
        " registry token create --name admin --role ADMIN"
    )
