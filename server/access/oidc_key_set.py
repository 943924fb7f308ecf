"""The public keys of an issuer, from its JSON Web Key Set.

Source: https://www.rfc-editor.org/rfc/rfc7517
"""

from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWK
from jwt.exceptions import PyJWTError

KEYS_MAX = 100  # an issuer has a few
_RSA_BITS = range(2_048, 8_192 + 1)  # a longer key takes milliseconds for each signature
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_ALGORITHMS = {  # by `kty` and `crv`, for a key that names none
    ("RSA", None): _RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("OKP", "Ed448"): ("EdDSA",),
}


class IssuerError(Exception):
    """The issuer gave no answer, or one that cannot be used; the message says why."""


class KeySet(NamedTuple):
    """Keys by their ids and algorithms, the document that they were read from, and their hashes."""

    document: bytes = b""
    keys: Mapping[tuple[str, str], tuple[PyJWK, ...]] = {}
    hashes: frozenset[bytes] = frozenset()

    def find(self, kid: str | None, algorithm: str) -> tuple[PyJWK, ...]:
        """The keys with this id; without an id, the only key for the algorithm, if it is one."""
        if kid is not None:
            return self.keys.get((kid, algorithm), ())
        found = [key for (_, name), keys in self.keys.items() for key in keys if name == algorithm]
        return tuple(found) if len(found) == 1 else ()


def read(document: bytes, algorithms: Collection[str]) -> KeySet:
    """The keys that verify signatures by these algorithms; raises IssuerError for no key set.

    A key that cannot be used, such as one for encryption, is left out. Two keys may have one id:
    a signature by either of them is valid.
    """
    keys: dict[tuple[str, str], tuple[PyJWK, ...]] = {}
    for jwk in _jwks(document):
        for key in _keys(jwk, algorithms):
            name = (str(jwk.get("kid", "")), key.algorithm_name)
            keys[name] = (*keys.get(name, ()), key)
    return KeySet(document, keys, frozenset(hash_of(key) for same in keys.values() for key in same))


def hash_of(key: PyJWK) -> bytes:
    """The SHA-256 of a key with its id and algorithm: another key has another one."""
    public = key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(f"{key.key_id} {key.algorithm_name} ".encode() + public).digest()


def _jwks(document: bytes) -> list[Mapping[str, Any]]:
    try:
        parsed = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise IssuerError("its keys are not in JSON") from None
    jwks = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(jwks, list):
        raise IssuerError("its keys are not a JSON Web Key Set")
    if len(jwks) > KEYS_MAX:
        raise IssuerError(f"it has {len(jwks)} keys, more than {KEYS_MAX}")
    return [jwk for jwk in jwks if isinstance(jwk, dict)]


def _keys(jwk: Mapping[str, Any], algorithms: Collection[str]) -> Iterator[PyJWK]:
    """The key, once for each of the algorithms that it may be used with."""
    if not _is_for_signatures(jwk):
        return
    curve = jwk.get("crv")
    kind = (str(jwk.get("kty")), None if curve is None else str(curve))
    for algorithm in _ALGORITHMS.get(kind, ()):
        if algorithm in algorithms and jwk.get("alg", algorithm) == algorithm:
            try:
                key = PyJWK(dict(jwk), algorithm)
            except PyJWTError:
                return
            if kind[0] != "RSA" or key.key.key_size in _RSA_BITS:
                yield key


def _is_for_signatures(jwk: Mapping[str, Any]) -> bool:
    """Whether it is a public key (a private one is known to everybody) that verifies signatures."""
    operations = jwk.get("key_ops", ["verify"])
    may_verify = isinstance(operations, list) and "verify" in operations
    return may_verify and jwk.get("use", "sig") == "sig" and "d" not in jwk
