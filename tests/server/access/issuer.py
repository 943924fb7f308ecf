"""An issuer of OpenID Connect on loopback: a real HTTP server with real keys."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import api_jws
from jwt.algorithms import get_default_algorithms

DISCOVERY, JWKS = "/.well-known/openid-configuration", "/keys"
AUDIENCE = "registry"
ROLES = "ml-platform = EDITOR, everyone = READER, admins = ADMIN, gateways = GATEWAY"
_CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


def private_key(algorithm: str, number: int = 0, bits: int = 2_048) -> Any:
    """A key for the algorithm, the same for all of RSA; another number is another key."""
    return _generated("RSA" if algorithm[:2] in ("RS", "PS") else algorithm, number, bits)


@cache
def _generated(kind: str, _number: int, bits: int) -> Any:
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind]())
    if kind == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "Ed448":
        return ed448.Ed448PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


def jwk(algorithm: str, kid: str, **given: Any) -> dict[str, Any]:
    """The public key as the issuer shows it; None leaves a member out."""
    key = private_key(algorithm, given.pop("number", 0), given.pop("bits", 2_048))
    name = "EdDSA" if algorithm == "Ed448" else algorithm
    shown = get_default_algorithms()[name].to_jwk(key.public_key(), as_dict=True)
    shown = {**shown, "kid": kid, "use": "sig", "alg": name, "key_ops": ["verify"], **given}
    return {member: value for member, value in shown.items() if value is not None}


@dataclass
class Answer:
    """What a path of the issuer answers; `held` keeps it back until it is set."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    held: Event | None = None


@dataclass(frozen=True)
class Asked:
    """A request to the issuer: its path, and the parameters of its address or its form."""

    method: str
    path: str
    parameters: dict[str, str]
    origin: str | None


@dataclass
class Issuer:
    """What the issuer answers, and how often it was asked.

    `endpoints` answer by what is asked, before `answers` do.
    """

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    endpoints: dict[str, Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def show(self, *keys: dict[str, Any]) -> None:
        """Publish these keys, and no others."""
        self.answers[JWKS] = Answer(json.dumps({"keys": keys}).encode())

    def answer(self, asked: Asked) -> Answer:
        """What a request is answered."""
        endpoint = self.endpoints.get(asked.path)
        return endpoint(asked) if endpoint else self.answers.get(asked.path, Answer(b"", 404))

    @property
    def reading_count(self) -> int:
        """How often the keys were asked for."""
        return self.asked.count(JWKS)

    def settings(self, **given: Any) -> dict[str, Any]:
        """The settings of a registry that accepts this issuer's tokens."""
        settings = {
            "oidc_issuer": self.url,
            "oidc_audience": AUDIENCE,
            "oidc_role_claim": "groups",
            "oidc_roles": ROLES,
        }
        return {key: value for key, value in {**settings, **given}.items() if value is not None}

    def claims(self, **given: Any) -> dict[str, Any]:
        """The claims of a good token, changed as given; None leaves a claim out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "jane", "groups": ["ml-platform"]}
        claims |= {"iat": now, "exp": now + 300} | given
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, algorithm: str = "RS256", kid: str | None = "first", **given: Any) -> bytes:
        """A token that the issuer signs, with the claims given."""
        number, headers = given.pop("number", 0), given.pop("headers", {})
        headers = headers | ({} if kid is None else {"kid": kid})
        key = private_key(algorithm, number)
        name = "EdDSA" if algorithm == "Ed448" else algorithm
        payload = json.dumps(self.claims(**given)).encode()
        return api_jws.encode(payload, key, name, headers).encode()


def public_pem(algorithm: str = "RS256") -> bytes:
    """The public key in the form that libraries have taken for a secret of HS256."""
    key = private_key(algorithm).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    """The class that answers requests to the issuer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            answer = issuer.answer(self.request_of(urlsplit(self.path).query))
            if answer.held is not None:
                answer.held.wait(20)
            self.send(answer)

        def send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            try:
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True  # the client has read enough

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self.send(issuer.answer(self.request_of(self.rfile.read(length).decode())))

        def do_OPTIONS(self) -> None:
            self.send(issuer.answer(self.request_of("")))

        def request_of(self, parameters: str) -> Asked:
            path = urlsplit(self.path).path
            given = dict(parse_qsl(parameters, keep_blank_values=True))
            return Asked(self.command, path, given, self.headers["Origin"])

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    return Handler


@contextmanager
def issuing() -> Iterator[Issuer]:
    """A running issuer with one key, `first`, of RS256."""
    issuer = Issuer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(issuer))
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    configuration = {"issuer": issuer.url, "jwks_uri": issuer.url + JWKS}
    issuer.answers[DISCOVERY] = Answer(json.dumps(configuration).encode())
    issuer.show(jwk("RS256", "first"))
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
