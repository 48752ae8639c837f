"""The parts of a server, joined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gshop_studio.server.shop import Shop


async def test_a_part_that_fails_to_close_leaves_the_others_their_turn(
    tmp_path: Path, storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path / "data", **storage)
    await shop.open()
    server, closed = shop.server, []
    close = type(server.services.database).close

    async def fail(_: object) -> None:
        raise RuntimeError("inner workings")

    async def keep(database: Any) -> None:
        closed.append(database)
        await close(database)

    leadership_close = type(server.leadership).close
    monkeypatch.setattr(type(server.leadership), "close", fail)
    monkeypatch.setattr(type(server.services.database), "close", keep)
    with pytest.raises(RuntimeError, match="inner workings"):
        await shop.close()
    assert closed == [server.services.database]
    await leadership_close(server.leadership)


async def test_a_server_whose_media_fail_to_close_is_closed_all_the_same(
    tmp_path: Path, storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop = Shop(tmp_path / "data", **storage)
    await shop.open()

    async def fail() -> None:
        raise RuntimeError("inner workings")

    monkeypatch.setattr(shop.media, "close", fail)
    await shop.close()
    assert "a part did not say goodbye" in caplog.text
    await shop.open()
    await shop.close()
