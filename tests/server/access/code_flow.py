"""Signing in at the issuer by a browser: authorization codes with PKCE, refresh tokens, and CORS.

The page of the issuer offers people by their names, each with claims of its own.

Sources: https://www.rfc-editor.org/rfc/rfc6749 (OAuth 2.0),
https://www.rfc-editor.org/rfc/rfc7636 (PKCE),
https://openid.net/specs/openid-connect-core-1_0.html
"""

import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import urlencode

from tests.server.access.issuer import DISCOVERY, Answer, Asked, Issuer

CLIENT_ID = "dashboard"
DENIED = "Nobody"


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in: the claims of the token, how long it holds, and whether it can be
    renewed."""

    claims: dict[str, Any]
    lifetime_s: int = 300
    is_renewable: bool = True


PEOPLE = {
    "Ada": Person({"sub": "ada", "groups": ["admins"]}),
    "Eve": Person({"sub": "eve", "groups": ["ml-platform"]}),
    "Rob": Person({"sub": "rob", "groups": ["everyone"]}),
    "Guest": Person({"sub": "guest", "groups": []}),
    "Brief": Person({"sub": "brief", "groups": ["everyone"]}, lifetime_s=6),
    "Short": Person({"sub": "short", "groups": ["everyone"]}, lifetime_s=6, is_renewable=False),
}


@dataclass
class CodeFlow:
    """The endpoints of the flow, for pages of `origin` alone."""

    issuer: Issuer
    origin: str = ""
    _asked: dict[str, dict[str, str]] = field(default_factory=dict)
    _codes: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    _refresh_tokens: dict[str, str] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        url = self.issuer.url
        configuration = {
            **json.loads(self.issuer.answers[DISCOVERY].body),
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "revocation_endpoint": f"{url}/revoke",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }
        body = json.dumps(configuration).encode()
        self.issuer.endpoints |= {
            DISCOVERY: lambda asked: self._for_pages(asked, Answer(body)),
            "/authorize": self._authorize,
            "/chosen": self._chosen,
            "/token": lambda asked: self._for_pages(asked, self._token(asked)),
            "/revoke": lambda asked: self._for_pages(asked, self._revoke(asked)),
        }

    def _for_pages(self, asked: Asked, answer: Answer) -> Answer:
        if asked.origin != self.origin:
            return answer
        answer.headers["Access-Control-Allow-Origin"] = self.origin
        if asked.method == "OPTIONS":
            allowed = {"Access-Control-Allow-Headers": "content-type"}
            return Answer(b"", 204, {**answer.headers, **allowed})
        return answer

    def _authorize(self, asked: Asked) -> Answer:
        given = asked.parameters
        expected = {
            "client_id": CLIENT_ID,
            "redirect_uri": f"{self.origin}/sign-in",
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        wrong = {
            name: given.get(name) for name, value in expected.items() if given.get(name) != value
        }
        if wrong or "openid" not in given.get("scope", "").split():
            return Answer(f"refused: {wrong}".encode(), 400)
        number = secrets.token_urlsafe()
        self._asked[number] = given
        # After signing out the page asks for the login, so that another person can sign in.
        title = "Log in" if given.get("prompt") == "login" else "Choose an account"
        links = "".join(
            f'<li><a href="/chosen?{escape(urlencode({"asked": number, "name": name}))}">{name}</a>'
            for name in (*PEOPLE, DENIED)
        )
        page = (
            f'<!doctype html><title>{title}</title><link rel="icon" href="data:,"><h1>{title}</h1>'
        )
        headers = {"Content-Type": "text/html; charset=utf-8"}
        return Answer(f"{page}<ul>{links}</ul>".encode(), headers=headers)

    def _chosen(self, asked: Asked) -> Answer:
        given = self._asked.pop(asked.parameters["asked"])
        name = asked.parameters["name"]
        if name == DENIED:
            answer = {"error": "access_denied", "error_description": "The person said no."}
        else:
            answer = {"code": secrets.token_urlsafe()}
            self._codes[answer["code"]] = (name, given)
        target = f"{given['redirect_uri']}?{urlencode({**answer, 'state': given['state']})}"
        return Answer(b"", 302, {"Location": target})

    def _token(self, asked: Asked) -> Answer:
        if asked.method != "POST":
            return Answer(b"", 405)
        given = asked.parameters
        if given.get("client_id") != CLIENT_ID:
            return _refusal("invalid_client")
        if given.get("grant_type") == "refresh_token":
            name = self._refresh_tokens.pop(given.get("refresh_token", ""), None)
            return self._issued(name) if name else _refusal("invalid_grant")
        name, begun = self._codes.pop(given.get("code", ""), ("", {}))
        digest = sha256(given.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        is_same = given.get("redirect_uri") == begun.get("redirect_uri")
        if not name or not is_same or challenge != begun.get("code_challenge"):
            return _refusal("invalid_grant")
        return self._issued(name, begun.get("nonce"))

    def _issued(self, name: str, nonce: str | None = None) -> Answer:
        person = PEOPLE[name]
        end = int(time.time()) + person.lifetime_s
        access = self.issuer.token(**person.claims, exp=end, jti=secrets.token_urlsafe())
        identity = self.issuer.token(sub=person.claims["sub"], aud=CLIENT_ID, exp=end, nonce=nonce)
        body: dict[str, Any] = {
            "access_token": access.decode(),
            "id_token": identity.decode(),
            "token_type": "Bearer",
            "expires_in": person.lifetime_s,
        }
        if person.is_renewable:
            body["refresh_token"] = secrets.token_urlsafe()
            self._refresh_tokens[body["refresh_token"]] = name
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return Answer(json.dumps(body).encode(), headers=headers)

    def _revoke(self, asked: Asked) -> Answer:
        self._refresh_tokens.pop(asked.parameters.get("token", ""), None)
        self.revoked.append(asked.parameters.get("token", ""))
        return Answer(b"")


def _refusal(code: str) -> Answer:
    body = json.dumps({"error": code}).encode()
    return Answer(body, 400, {"Content-Type": "application/json"})
