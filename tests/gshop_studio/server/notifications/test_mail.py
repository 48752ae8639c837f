"""Handing e-mail in: over TLS, signed in, and never a password in the clear."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gshop_studio.server.clock import utc_now
from gshop_studio.server.notifications.channels import Fate, Outcome, Parcel
from gshop_studio.server.notifications.mail import MailSender, MailServer
from tests.support.certificate import self_signed
from tests.support.smtp_server import running_smtp_server

PARCEL = Parcel(
    "delivery-1", "notification-1", "live", "ana@example.com", "en", "Alba is live", "Come.", "https://x.example/watch/1",
    None, None, "https://x.example/unsubscribe/1", None,
)  # fmt: skip


async def send(
    url: str, parcel: Parcel = PARCEL, context: Callable[[], ssl.SSLContext] = ssl.create_default_context
) -> Outcome:
    sender = MailSender(MailServer.parse(url), "Shop <shop@example.com>", utc_now, make_context=context, timeout_s=5.0)
    try:
        return await sender.send(parcel)
    finally:
        await sender.close()


@pytest.fixture
def server_tls(tmp_path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    return context


async def test_tls_is_taken_where_it_is_offered(server_tls: ssl.SSLContext, tmp_path: Path) -> None:
    async with running_smtp_server(server_tls, {"shop": "pass/word"}) as server:
        url = server.url.replace("smtp://", "smtp://shop:pass%2Fword@")
        trusting = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        assert await send(url, context=lambda: trusting) == Outcome(Fate.SENT)
        [received] = server.received
        assert received.was_private and received.user == "shop" and received.recipients == ("ana@example.com",)
        assert received.message["Message-ID"] == "<delivery-1@example.com>"
        assert "https://x.example/watch/1" in received.text


async def test_a_certificate_nobody_vouches_for_is_not_taken(server_tls: ssl.SSLContext) -> None:
    async with running_smtp_server(server_tls) as server:
        outcome = await send(server.url)
        assert outcome.fate is Fate.LATER and not server.received


async def test_a_wrong_password_is_the_operators_to_mend(server_tls: ssl.SSLContext) -> None:
    async with running_smtp_server(users={"shop": "right"}) as server:
        outcome = await send(server.url.replace("smtp://", "smtp://shop:wrong@"))
        assert outcome == Outcome(Fate.LATER, "smtp_535") and not server.received


async def test_no_password_goes_over_the_network_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_smtp_server(users={"shop": "right"}) as server:
        monkeypatch.setattr("gshop_studio.server.notifications.mail.is_loopback", lambda host: False)
        outcome = await send(server.url.replace("smtp://", "smtp://shop:right@"))
        assert outcome == Outcome(Fate.LATER, "smtp_no_tls") and not server.received


async def test_nobody_there_is_for_later(unused_tcp_port: int) -> None:
    outcome = await send(f"smtp://127.0.0.1:{unused_tcp_port}")
    assert outcome == Outcome(Fate.LATER, "smtp_ConnectionRefusedError")


async def test_an_address_in_other_letters_is_refused_where_the_server_takes_none() -> None:
    async with running_smtp_server() as server:
        outcome = await send(server.url, replace(PARCEL, address="ni\u00f1o@example.com"))
        assert outcome.fate is Fate.REFUSED and not server.received


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer(False, "mail.example", 587)),
        ("smtps://mail.example", MailServer(True, "mail.example", 465)),
        ("smtp://a%40b:p%3Aq@[::1]:25", MailServer(False, "::1", 25, "a@b", "p:q")),
    ],
)
def test_what_the_setting_says(url: str, server: MailServer) -> None:
    assert MailServer.parse(url) == server
