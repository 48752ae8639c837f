"""Access tokens made by somebody else, with keys of their own or with a key that everybody may know."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from tests.gshop_studio.server.shop import Person, Shop

KEYS: dict[str, PrivateKeyTypes] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "PS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def claims_of(person: Person) -> dict[str, object]:
    return {"sub": person.id, "role": "buyer", "aud": "gshop", "type": "access", "exp": time.time() + 60}


async def is_refused(shop: Shop, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    assert await shop.refused("auth.bad_token", "GET", "auth/me", headers=headers) == 401


@pytest.mark.parametrize("algorithm", KEYS)
async def test_a_token_signed_by_a_key_pair_is_none(shop: Shop, algorithm: str) -> None:
    """case 31: RS256 and its like; nor is a key taken that the token brings or names."""
    key, person = KEYS[algorithm], await shop.person()
    public = key.public_key()
    headers = {
        "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        "jku": "http://127.0.0.1:1/keys",
        "kid": "../../dev/null",
    }
    await is_refused(shop, jwt.encode(claims_of(person), key, algorithm=algorithm))  # type: ignore[arg-type]
    await is_refused(shop, jwt.encode(claims_of(person), key, algorithm=algorithm, headers=headers))  # type: ignore[arg-type]
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    await is_refused(shop, signed(claims_of(person), pem))


async def test_a_public_key_of_ours_is_no_secret_to_sign_with(shop: Shop) -> None:
    """case 31: the key of the chat logs is there for everybody."""
    person = await shop.person()
    shown = await shop.ask("GET", "live/signing-key")
    raw = base64.b64decode(shown["publicKey"] + "==")
    public = ed25519.Ed25519PublicKey.from_public_bytes(raw)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for secret in (raw, shown["publicKey"].encode(), shown["keyId"].encode(), pem, b""):
        await is_refused(shop, signed(claims_of(person), secret))


def signed(claims: dict[str, object], secret: bytes) -> str:
    """HS256, with what the library would not sign with."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    head = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = base64.urlsafe_b64encode(hmac.new(secret, head, hashlib.sha256).digest()).rstrip(b"=")
    return (head + b"." + mac).decode()
