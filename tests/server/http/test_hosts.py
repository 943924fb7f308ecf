"""Hosts and origins: what DNS rebinding and pages of other sites can not do."""

from collections.abc import Callable
from typing import Any

import pytest

from db.postgres.engine import Database
from server.http.hosts import Hosts
from server.settings import Settings
from tests.server.wire import Answer, Site

Serve = Callable[..., Any]
BODY = (
    b'{"query":"mutation { createModel(input: {name: \\"a\\", task: CHAT}) {userErrors {code}}}"}'
)
COUNT = b'{"query":"{ models { totalCount } }"}'


def _post(body: bytes, *lines: str, version: str = "1.1") -> bytes:
    default = ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([f"POST /graphql HTTP/{version}", *default, *lines, "", ""]).encode() + body


def _handshake(*lines: str) -> bytes:
    default = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    default += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    protocol = "Sec-WebSocket-Protocol: graphql-transport-ws"
    return "\r\n".join(["GET /graphql HTTP/1.1", *default, protocol, *lines, "", ""]).encode()


async def _asked(site: Site, sent: bytes) -> Answer:
    return await (await site.connected()).ask(sent)


FOREIGN = {
    "a host": (421, ["Host: evil.example"]),
    "a host with our port": (421, ["Host: evil.example:8003"]),
    "a host that contains ours": (421, ["Host: localhost.evil.example"]),
    "a host in front of ours": (421, ["Host: evil.example@localhost"]),
    "an address": (421, ["Host: 192.0.2.1"]),
    "no name": (421, ["Host:"]),
    "an origin": (403, ["Host: localhost", "Origin: http://evil.example"]),
    "a null origin": (403, ["Host: localhost", "Origin: null"]),
    "a malformed origin": (403, ["Host: localhost", "Origin: http://[::"]),
    **{
        f"the origin {origin}": (403, ["Host: localhost:8003", f"Origin: {origin}"])
        for origin in (
            "ftp://localhost:8003",
            "chrome-extension://localhost:8003",
            "//localhost:8003",
            "localhost:8003",
            "http://localhost:8003/",
            "http://localhost:8003/a",
            "http://localhost:8003?a",
            "http://localhost:8003#a",
            "http://a@localhost:8003",
            "http://localhost:8003\\a",
            "http:localhost:8003",
        )
    },
    "another port": (403, ["Host: localhost:8003", "Origin: http://localhost:3000"]),
    "host and origin": (421, ["Host: evil.example", "Origin: http://evil.example"]),
}
OWN = {
    "localhost": ["Host: localhost"],
    "with a port": ["Host: LOCALHOST:1234"],
    "a dot": ["Host: localhost."],
    "IPv4": ["Host: 127.0.0.1:8003"],
    "IPv6": ["Host: [::1]:8003"],
    "its page": ["Host: localhost:8003", "Origin: http://localhost:8003"],
}


@pytest.mark.parametrize("version", ["1.1", "1.0"], ids=["direct", "asgi"])
@pytest.mark.parametrize("name", FOREIGN)
async def test_foreign_hosts_and_origins_are_refused_before_anything_is_done(
    serve_bytes: Serve, name: str, version: str
) -> None:
    status, lines = FOREIGN[name]
    async with serve_bytes() as site:
        for sent in (_post(BODY, *lines, version=version), _handshake(*lines)):
            answer = await _asked(site, sent)
            assert answer.status == status
            setting = "REGISTRY_ALLOWED_HOSTS" if status == 421 else "REGISTRY_CORS_ORIGINS"
            assert setting in answer.body["errors"][0]["message"]
        count = await _asked(site, _post(COUNT, "Host: localhost"))
    assert count.body == {"data": {"models": {"totalCount": 0}}}


@pytest.mark.parametrize("name", OWN)
async def test_own_names_are_served(serve_bytes: Serve, name: str) -> None:
    async with serve_bytes() as site:
        assert (await _asked(site, _post(COUNT, *OWN[name]))).status == 200
        socket = await site.connected()
        await socket.send(_handshake(*OWN[name]))
        assert (await socket.reader.readline()).startswith(b"HTTP/1.1 101 ")
        socket.writer.close()  # the server's stop would wait for the other side's end


@pytest.mark.parametrize("version", ["1.1", "1.0"], ids=["direct", "asgi"])
@pytest.mark.parametrize("lines", [["Authorization: Bearer a"] * 2, ["HOST: localhost"]])
async def test_a_repeated_host_or_credential_is_refused(
    serve_bytes: Serve, lines: list[str], version: str
) -> None:
    """A proxy in front may go by the first one."""
    lines = ["Host: localhost", *lines]
    async with serve_bytes() as site:
        for sent in (
            _post(COUNT, *lines, version=version),
            _handshake(*lines),
            _post(COUNT, *lines).replace(b"/graphql", b"/metrics"),
        ):
            answer = await _asked(site, sent)
            assert answer.status == 400
            assert "is repeated" in answer.body["errors"][0]["message"]
        others = ["Host: localhost", "X-Other: a", "X-Other: b"]
        assert (await _asked(site, _post(COUNT, *others, version=version))).status == 200


async def test_a_probe_without_a_host_is_served(serve_bytes: Serve, db: Database) -> None:
    async with serve_bytes() as site:
        assert (await _asked(site, b"GET /healthz HTTP/1.0\r\n\r\n")).status == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", "/schema.graphql", "/nowhere"])
async def test_every_path_is_checked(serve_bytes: Serve, path: str) -> None:
    async with serve_bytes() as site:
        sent = f"GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n".encode()
        assert (await _asked(site, sent)).status == 421


@pytest.mark.parametrize(
    ("listed", "host", "is_allowed"),
    [
        ("registry.example", "registry.example", True),
        ("registry.example", "Registry.Example.:443", True),
        ("registry.example", "evil.example", False),
        ("registry.example:8003", "registry.example:8003", True),
        ("registry.example:8003", "registry.example", False),
        ("a.example, registry", "registry:8003", True),
        ("*", "evil.example", True),
    ],
)
def test_the_setting_lists_more_names(listed: str, host: str, is_allowed: bool) -> None:
    for given in ({"require_tokens": True}, {"allow_open": True}):
        hosts = Hosts.of(Settings(_env_file=None, allowed_hosts=listed, **given))
        assert hosts.is_allowed(host.encode()) is is_allowed
    in_open_mode = Hosts.of(Settings(_env_file=None, allowed_hosts=listed))
    assert in_open_mode.is_allowed(host.encode()) is (is_allowed and listed != "*")


@pytest.mark.parametrize(
    ("address", "host", "is_allowed"),
    [
        ("192.0.2.1", "192.0.2.1:8003", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("registry", "registry:8003", True),
        ("0.0.0.0", "192.0.2.2:8003", True),
        ("::", "[2001:db8::1]", True),
        ("0.0.0.0", "evil.example", False),
    ],
)
def test_the_listening_address_is_allowed(address: str, host: str, is_allowed: bool) -> None:
    """On all addresses, every address can be its own; a page cannot let one point elsewhere."""
    hosts = Hosts.of(Settings(_env_file=None, host=address))
    assert hosts.is_allowed(host.encode()) is is_allowed


@pytest.mark.parametrize(
    ("listed", "origin", "is_own"),
    [
        ("console.example", "https://console.example", True),
        ("console.example", "https://evil.example", False),
        ("*", "https://evil.example", False),
        ("console.example", "http://console.example:8080", True),
        ("console.example", "ftp://console.example", False),
        ("console.example", "chrome-extension://console.example", False),
        ("console.example", "https://console.example/", False),
        ("console.example", "https://console.example?a", False),
        ("console.example", "https://console.example#a", False),
        ("console.example", "https://a@console.example", False),
    ],
)
def test_a_listed_page_may_send_requests(listed: str, origin: str, is_own: bool) -> None:
    """Any host does not mean any page."""
    hosts = Hosts.of(Settings(_env_file=None, allowed_hosts=listed))
    assert hosts.is_page_allowed(origin.encode(), b"localhost") is is_own


@pytest.mark.parametrize("value", ["http://registry", "a b", "registry/x", "registry:http"])
def test_a_name_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="no host name"):
        Settings(_env_file=None, allowed_hosts=value)
