"""`gshop-studio set-role`, as a person runs it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gshop_studio.cli import run
from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.shop import PASSWORD, Shop, eventually
from tests.support.nginx_rtmp import free_port


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


async def test_who_is_made_support_may_moderate_once_they_sign_in_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], english: None
) -> None:
    """While the server runs: what they held as a buyer is over, sockets too."""
    if shop.config.database_url:
        monkeypatch.setenv("GSHOP_DATABASE_URL", shop.config.database_url)
    log = f"live/streams/{await shop.live_stream(await shop.person(Role.SELLER))}/moderation/log"
    person = await shop.person()
    email = (await shop.ask("GET", "auth/me", person))["email"]
    listener = await shop.listener(person)
    assert (await shop.send("GET", log, person)).status_code == 403
    arguments = ["set-role", email.upper(), "support", "--data-dir", str(shop.config.data_dir)]
    assert await asyncio.to_thread(run, arguments) == 0
    assert capsys.readouterr().out == f"{email} is support now, and has to sign in anew.\n"
    await shop.refused("auth.bad_token", "GET", "auth/me", person)
    await shop.refused("auth.bad_refresh_token", "POST", "auth/refresh", json={"refreshToken": person.refresh_token})
    await eventually(lambda: not listener.client.connected, "the socket's end", 3)
    pair = await shop.ask("POST", "auth/login", json={"email": email, "password": PASSWORD})
    headers = {"Authorization": f"Bearer {pair['accessToken']}"}
    assert pair["user"]["role"] == "support"
    await shop.ask("GET", log, headers=headers)
    assert await asyncio.to_thread(run, arguments) == 0
    assert capsys.readouterr().out == f"{email} is support already.\n"
    await shop.ask("GET", "auth/me", headers=headers)


async def test_who_has_no_account_gets_no_role(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], english: None
) -> None:
    if shop.config.database_url:
        monkeypatch.setenv("GSHOP_DATABASE_URL", shop.config.database_url)
    arguments = ["set-role", "nobody@example.com", "admin", "--data-dir", str(shop.config.data_dir)]
    assert await asyncio.to_thread(run, arguments) == 1
    assert "Nobody has an account with nobody@example.com." in capsys.readouterr().err


def test_where_no_database_is_none_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str], english: None) -> None:
    arguments = ["set-role", "a@example.com", "admin", "--data-dir", str(tmp_path / "shop")]
    assert run(arguments) == 1
    assert "There is no database in" in capsys.readouterr().err and list(tmp_path.iterdir()) == []
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "gshop.db").write_bytes(b"no database" * 100)
    assert run(arguments) == 1
    assert "cannot be read: file is not a database" in capsys.readouterr().err


def test_a_database_that_is_away_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], english: None
) -> None:
    monkeypatch.setenv("GSHOP_DATABASE_URL", f"postgresql://gshop:canary@127.0.0.1:{free_port()}/shop")
    assert run(["set-role", "a@example.com", "admin", "--data-dir", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "cannot be reached" in said and "canary" not in said


def test_nobody_is_made_a_guest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["set-role", "a@example.com", "guest"])
    assert "guest" in capsys.readouterr().err
