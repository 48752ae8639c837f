"""Registering, signing in, staying signed in."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.secret_key import SecretKey
from tests.gshop_studio.server.shop import PASSWORD, Shop


def registration(**fields: Any) -> dict[str, Any]:
    return {"email": "Ana@Example.com", "password": PASSWORD, "displayName": "Ana", "role": "buyer", **fields}


async def test_who_registers_is_signed_in_and_may_sign_in_again(shop: Shop) -> None:
    made = await shop.ask("POST", "auth/register", json=registration(language="pt"), status=201)
    assert made["expiresIn"] == 900
    login = {"email": "ana@example.com", "password": PASSWORD}
    pair = await shop.ask("POST", "auth/login", json=login)
    me = await shop.ask("GET", "auth/me", headers={"Authorization": f"Bearer {pair['accessToken']}"})
    assert me == made["user"]
    assert me["role"] == "buyer" and me["language"] == "pt"


async def test_an_address_is_taken_once_however_it_is_spelt(shop: Shop) -> None:
    await shop.ask("POST", "auth/register", json=registration(), status=201)
    again = registration(email="ANA@example.COM")
    assert await shop.refused("auth.email_taken", "POST", "auth/register", json=again) == 409


async def test_a_wrong_password_and_an_unknown_address_look_the_same(shop: Shop) -> None:
    await shop.ask("POST", "auth/register", json=registration(), status=201)
    answers = [
        (await shop.send("POST", "auth/login", json={"email": email, "password": "wrong wrong"})).text
        for email in ("ana@example.com", "nobody@example.com")
    ]
    assert answers[0] == answers[1]
    assert "auth.bad_credentials" in answers[0]


@pytest.mark.parametrize("role", ["admin", "support", "guest"])
async def test_nobody_registers_as_staff(shop: Shop, role: str) -> None:
    """case 45: power is never there for the asking."""
    assert await shop.refused("request.invalid", "POST", "auth/register", json=registration(role=role)) == 422


async def test_a_new_server_has_no_account_to_sign_in_with(shop: Shop) -> None:
    """case 45: no default credential."""
    for email, password in (("admin", "admin"), ("admin@gshop.example", "password"), ("", "")):
        wish = {"email": email, "password": password}
        assert await shop.refused("auth.bad_credentials", "POST", "auth/login", json=wish) == 401


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_family(shop: Shop) -> None:
    first = (await shop.ask("POST", "auth/register", json=registration(), status=201))["refreshToken"]
    second = (await shop.ask("POST", "auth/refresh", json={"refreshToken": first}))["refreshToken"]
    code = "auth.bad_refresh_token"
    assert await shop.refused(code, "POST", "auth/refresh", json={"refreshToken": first}) == 401
    assert await shop.refused(code, "POST", "auth/refresh", json={"refreshToken": second}) == 401


async def test_signing_out_ends_only_this_sign_in(shop: Shop) -> None:
    one = (await shop.ask("POST", "auth/register", json=registration(), status=201))["refreshToken"]
    login = {"email": "ana@example.com", "password": PASSWORD}
    other = (await shop.ask("POST", "auth/login", json=login))["refreshToken"]
    await shop.ask("POST", "auth/logout", json={"refreshToken": one}, status=204)
    await shop.refused("auth.bad_refresh_token", "POST", "auth/refresh", json={"refreshToken": one})
    await shop.ask("POST", "auth/refresh", json={"refreshToken": other})


async def test_a_guest_has_a_name_and_no_refresh_token(shop: Shop) -> None:
    pair = await shop.ask("POST", "auth/guest?lang=es", json={"displayName": "Zoe"}, status=201)
    assert "refreshToken" not in pair
    assert pair["user"]["role"] == "guest" and pair["user"]["language"] == "es" and "email" not in pair["user"]


async def test_false_tokens_are_refused(shop: Shop) -> None:
    """case 31: no algorithm, another algorithm, another key, audience, type or time."""
    person = await shop.person()
    key = secret_of(shop).derive("access token")
    good = {"sub": person.id, "role": "buyer", "aud": "gshop", "type": "access", "exp": time.time() + 60}
    assert (await shop.send("GET", "auth/me", headers=bearer(jwt.encode(good, key)))).status_code == 200
    false_tokens = {
        "no algorithm": jwt.encode(good, "", algorithm="none"),
        "another algorithm": jwt.encode(good, key * 2, algorithm="HS512"),
        "another key": jwt.encode(good, b"x" * 32),
        "another audience": jwt.encode({**good, "aud": "else"}, key),
        "no audience": jwt.encode({k: v for k, v in good.items() if k != "aud"}, key),
        "another type": jwt.encode({**good, "type": "refresh"}, key),
        "no time": jwt.encode({k: v for k, v in good.items() if k != "exp"}, key),
        "a strange time": jwt.encode({**good, "exp": 10**300}, key),
        "a better role": jwt.encode({**good, "role": "admin"}, key),
        "nobody": jwt.encode({**good, "sub": "nobody"}, key),
        "garbage": "garbage",
        "the refresh token": str(person.refresh_token),
    }
    for what, token in false_tokens.items():
        response = await shop.send("GET", "auth/me", headers=bearer(token))
        assert (response.status_code, response.json()["code"]) == (401, "auth.bad_token"), what
    expired = jwt.encode({**good, "exp": time.time() - 1}, key)
    assert await shop.refused("auth.token_expired", "GET", "auth/me", headers=bearer(expired)) == 401


async def test_a_token_in_the_url_is_no_sign_in(shop: Shop) -> None:
    """case 32."""
    person = await shop.person()
    assert await shop.refused("auth.required", "GET", f"auth/me?token={person.token}") == 401
    assert await shop.refused("auth.required", "GET", f"auth/me?access_token={person.token}") == 401


async def test_guessing_a_password_is_slowed_down(tmp_path: Path, storage: dict[str, Any]) -> None:
    """case 34 and 15: a forged X-Forwarded-For does not help."""
    async with Shop(tmp_path / "data", **storage, auth_rate_limit="3/minute") as shop:
        wish = {"email": "ana@example.com", "password": "a guess"}
        for _ in range(3):
            await shop.refused("auth.bad_credentials", "POST", "auth/login", json=wish)
        response = await shop.send("POST", "auth/login", json=wish, headers={"X-Forwarded-For": "203.0.113.9"})
        assert response.status_code == 429 and response.json()["code"] == "auth.too_many_attempts"
        assert 1 <= int(response.headers["retry-after"]) <= 60


async def test_a_burst_of_guesses_at_one_account_gets_no_further_than_the_limit(
    tmp_path: Path, storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """case 34: guesses from many addresses at once; the right one among them, late, is not told apart."""
    async with Shop(tmp_path / "data", **storage, auth_rate_limit="5/minute", trusted_proxies=["127.0.0.1"]) as shop:
        await shop.ask("POST", "auth/register", json=registration(), status=201)
        is_last, matches = asyncio.Event(), shop.server.passwords.matches

        async def slowly_if_right(password_hash: str | None, password: str) -> bool:
            if password == PASSWORD:
                await is_last.wait()
            return await matches(password_hash, password)

        monkeypatch.setattr(shop.server.passwords, "matches", slowly_if_right)

        async def guess(number: int, password: str) -> str:
            wish = {"email": "ana@example.com", "password": password}
            headers = {"X-Forwarded-For": f"203.0.113.{number}"}
            return str((await shop.send("POST", "auth/login", json=wish, headers=headers)).json().get("code"))

        right = asyncio.create_task(guess(99, PASSWORD))
        codes = await asyncio.gather(*(guess(number, f"wrong guess {number}") for number in range(12)))
        is_last.set()
        assert codes.count("auth.bad_credentials") == 5 and codes.count("auth.too_many_attempts") == 7
        assert await right == "auth.too_many_attempts"


async def test_behind_a_configured_proxy_the_clients_are_told_apart(tmp_path: Path, storage: dict[str, Any]) -> None:
    async with Shop(tmp_path / "data", **storage, guest_rate_limit="1/minute", trusted_proxies=["127.0.0.1"]) as shop:
        for address in ("203.0.113.1", "203.0.113.2"):
            guest = {"displayName": "Zoe"}
            headers = {"X-Forwarded-For": f"198.51.100.7, {address}"}
            await shop.ask("POST", "auth/guest", json=guest, headers=headers, status=201)
            assert (
                await shop.refused("auth.too_many_attempts", "POST", "auth/guest", json=guest, headers=headers) == 429
            )


async def test_requests_are_limited_by_caller(tmp_path: Path, storage: dict[str, Any]) -> None:
    async with Shop(tmp_path / "data", **storage, rate_limit="5/minute") as shop:
        person = await shop.person(Role.SELLER)
        for _ in range(5):
            await shop.ask("GET", "auth/me", person)
        assert await shop.refused("request.rate_limited", "GET", "auth/me", person) == 429
        await shop.ask("GET", "live/streams")


async def test_what_is_not_counted(tmp_path: Path, storage: dict[str, Any]) -> None:
    """Media, the page and what it needs, and what operation asks: neither refused nor taken off the others' number."""
    config = {**storage, "rate_limit": "5/minute", "metrics_token": "a token for Prometheus"}
    async with Shop(tmp_path / "data", **config) as shop:
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        headers = {"Authorization": "Bearer a token for Prometheus"}
        pages = ["/", f"/watch/{stream_id}", "/docs", "/assets/scripts/watch-page.js", "/assets/none"]
        for path in (f"/live/{stream_id}/index.m3u8", *pages, "/openapi.json", "/health", "/ready", "/metrics"):
            answers = [await shop.http.get(path, headers=headers if path == "/metrics" else {}) for _ in range(7)]
            expected = 404 if path == "/assets/none" else 200
            assert [answer.status_code for answer in answers] == [expected] * 7, path
        for _ in range(4):  # registering was the first
            await shop.ask("GET", "live/streams")
        assert await shop.refused("request.rate_limited", "GET", "live/streams") == 429


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def secret_of(shop: Shop) -> SecretKey:
    """What the server signs with."""
    configured = shop.config.secret_key
    if configured is not None:
        return SecretKey.parse(configured.get_secret_value(), "GSHOP_SECRET_KEY")
    return SecretKey.load_or_create(shop.config.data_dir / "secret.key")
