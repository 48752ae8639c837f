"""Signing out everywhere, and changing the password."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.repository import AccountRepository
from gshop_studio.server.clock import utc_now
from gshop_studio.server.tables import RefreshTokenRow
from tests.gshop_studio.server.shop import PASSWORD, Person, Shop, eventually

NEW = "another horse battery"


def email_of(person: Person) -> str:
    return f"{person.name.lower().replace(' ', '')}@example.com"


async def test_signing_out_everywhere_ends_tokens_and_sockets_at_once(shop: Shop) -> None:
    """case 5: open sockets are closed too, within a second; another person's go on."""
    person, other = await shop.person(), await shop.person()
    login = {"email": email_of(person), "password": PASSWORD}
    second = await shop.ask("POST", "auth/login", json=login)
    mine, theirs = await shop.listener(person), await shop.listener(other)
    await shop.ask("POST", "auth/logout-everywhere", person, status=204)
    for token in (person.token, second["accessToken"]):
        headers = {"Authorization": f"Bearer {token}"}
        assert await shop.refused("auth.bad_token", "GET", "auth/me", headers=headers) == 401
    for refresh in (person.refresh_token, second["refreshToken"]):
        await shop.refused("auth.bad_refresh_token", "POST", "auth/refresh", json={"refreshToken": refresh})
    await eventually(lambda: not mine.client.connected, "the socket's end", 1.5)
    assert theirs.client.connected
    again = await shop.ask("POST", "auth/login", json=login)
    await shop.ask("GET", "auth/me", headers={"Authorization": f"Bearer {again['accessToken']}"})


async def test_a_changed_password_ends_the_other_sign_ins(shop: Shop) -> None:
    person = await shop.person()
    listener = await shop.listener(person)
    wish = {"currentPassword": PASSWORD, "newPassword": NEW}
    pair = await shop.ask("PUT", "users/me/password", person, json=wish)
    await shop.ask("GET", "auth/me", headers={"Authorization": f"Bearer {pair['accessToken']}"})
    await shop.refused("auth.bad_token", "GET", "auth/me", person)
    await shop.refused("auth.bad_refresh_token", "POST", "auth/refresh", json={"refreshToken": person.refresh_token})
    await shop.ask("POST", "auth/refresh", json={"refreshToken": pair["refreshToken"]})
    await eventually(lambda: not listener.client.connected)
    old = {"email": email_of(person), "password": PASSWORD}
    await shop.refused("auth.bad_credentials", "POST", "auth/login", json=old)
    await shop.ask("POST", "auth/login", json={**old, "password": NEW})


async def test_who_does_not_know_the_password_does_not_change_it(shop: Shop) -> None:
    person, guest = await shop.person(), await shop.guest()
    wish = {"currentPassword": "not this one", "newPassword": NEW}
    assert await shop.refused("auth.bad_credentials", "PUT", "users/me/password", person, json=wish) == 401
    assert await shop.refused("auth.account_needed", "PUT", "users/me/password", guest, json=wish) == 403
    short = {"currentPassword": PASSWORD, "newPassword": "short"}
    assert await shop.refused("request.invalid", "PUT", "users/me/password", person, json=short) == 422
    await shop.ask("GET", "auth/me", person)


async def test_of_two_who_come_with_one_refresh_token_one_gets_a_pair(shop: Shop) -> None:
    person = await shop.person()
    wish = {"refreshToken": person.refresh_token}
    answers = await asyncio.gather(*(shop.send("POST", "auth/refresh", json=wish) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    [pair] = [answer.json() for answer in answers if answer.status_code == 200]
    await shop.refused("auth.bad_refresh_token", "POST", "auth/refresh", json={"refreshToken": pair["refreshToken"]})


async def test_one_address_registers_once_however_many_come_at_once(shop: Shop) -> None:
    wish = {"email": "zoe@example.com", "password": PASSWORD, "displayName": "Zoe"}
    answers = await asyncio.gather(*(shop.send("POST", "auth/register", json=wish) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(("days", "kept"), [(30.0, 1), (1e-9, 0)])
async def test_refresh_tokens_are_kept_until_they_expire(
    tmp_path: Path, storage: dict[str, Any], days: float, kept: int
) -> None:
    async with Shop(tmp_path / "data", **storage, refresh_token_days=days) as shop:
        await shop.person()
        services = shop.server.services
        await services.accounts.forget_expired()
        async with services.database.read() as transaction:
            assert await transaction.session.scalar(select(func.count()).select_from(RefreshTokenRow)) == kept


async def test_a_socket_let_in_while_its_person_signs_out_is_closed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, accounts = await shop.person(), shop.server.services.accounts
    real, was_read, may_enter = accounts.caller, asyncio.Event(), asyncio.Event()

    async def slowly(token: str) -> Caller:
        caller = await real(token)
        was_read.set()
        await may_enter.wait()
        return caller

    monkeypatch.setattr(accounts, "caller", slowly)
    connecting = asyncio.create_task(shop.listener(person))
    await was_read.wait()
    monkeypatch.setattr(accounts, "caller", real)
    await shop.ask("POST", "auth/logout-everywhere", person, status=204)
    may_enter.set()
    listener = await connecting
    await eventually(lambda: not listener.client.connected, "the socket's end", 5.0)


async def test_a_database_that_misses_the_cancellation_keeps_no_server_from_stopping(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def deaf(*_: object) -> list[Any]:
        asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return []

    monkeypatch.setattr(AccountRepository, "signed_out_since", deaf)
    await asked.wait()
    async with asyncio.timeout(5):
        await shop.server.sign_outs.close()


def set_back(shop: Shop, monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """The clock that accounts go by."""
    accounts = shop.server.services.accounts
    for who in (accounts, accounts._tokens):
        monkeypatch.setattr(who, "_clock", lambda: utc_now() - timedelta(minutes=minutes))


async def test_after_a_clock_was_set_back_one_signs_in_and_out_as_ever(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """case 59."""
    person = await shop.person()
    login = {"email": email_of(person), "password": PASSWORD}
    await shop.ask("POST", "auth/logout-everywhere", person, status=204)
    set_back(shop, monkeypatch, minutes=10)
    for _ in range(2):
        headers = {"Authorization": f"Bearer {(await shop.ask('POST', 'auth/login', json=login))['accessToken']}"}
        await shop.ask("GET", "auth/me", headers=headers)
        await shop.ask("POST", "auth/logout-everywhere", headers=headers, status=204)
        assert await shop.refused("auth.bad_token", "GET", "auth/me", headers=headers) == 401


async def test_tokens_from_before_a_clock_was_set_back_are_ended(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """case 59."""
    person = await shop.person()
    set_back(shop, monkeypatch, minutes=10)
    await shop.ask("POST", "auth/logout-everywhere", person, status=204)
    assert await shop.refused("auth.bad_token", "GET", "auth/me", person) == 401
