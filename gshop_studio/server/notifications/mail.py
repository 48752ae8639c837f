"""E-mail by SMTP: a connection a message, in threads of its own, because the standard library's client blocks.

A message tried again has the same Message-ID, by which mailboxes take two for one. Nothing here logs an address.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from smtplib import SMTP as Client
from smtplib import SMTP_SSL, SMTPException, SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from urllib.parse import unquote, urlsplit

from gshop_studio.server.clock import Clock
from gshop_studio.server.notifications.channels import Fate, Outcome, Parcel
from gshop_studio.server.settings import is_loopback
from gshop_studio.server.words import say

TIMEOUT_S = 15.0
_THREADS = 4
_PORTS = {"smtp": 587, "smtps": 465}
_PERMANENT = 500
_LINE = 76


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `smtps` speaks TLS from the start, `smtp` once the server offers it."""

    is_tls_first: bool
    host: str
    port: int
    user: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """Of `smtp://user:password@host:587` or `smtps://...`."""
        parts = urlsplit(url)
        user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
        host = parts.hostname or ""
        return cls(parts.scheme == "smtps", host, parts.port or _PORTS[parts.scheme], user, password)


class _NoTls(Exception):
    """The password would go over the network in the clear."""


class _OneLine(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc] # as the registry itself joins them
    """Not folded: the library would write what is too long for a line, and has no space, as an encoded word, which no
    link and no id may be. 998 characters fit (RFC 5322)."""

    def fold(self, *, policy: Policy[Any]) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Words(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc] # as the registry itself joins them
    """What somebody wrote, as it is. The library would read encoded words (RFC 2047) in it first, and one of them may
    hold a line break, and a header after it; so would who reads the mail. What looks like one is encoded itself."""

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        super().parse("", kwds)
        kwds["decoded"] = value

    def fold(self, *, policy: Policy[Any]) -> str:
        words = str(self)
        if not words.isascii() or "=?" in words or len(self.name) + 2 + len(words) > _LINE:
            words = Header(words, "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {words}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _Words)
for _name in ("list-unsubscribe", "message-id"):
    _HEADERS.map_to_type(_name, _OneLine)
_POLICY = SMTP.clone(header_factory=_HEADERS)


class MailSender:
    def __init__(
        self,
        server: MailServer,
        sender: str,
        clock: Clock,
        *,
        make_context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """`sender`: the From of what is sent, as `GSHOP <shop@example.com>`."""
        self._server = server
        self._sender = sender
        self._clock = clock
        self._make_context = make_context
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="mail")

    async def send(self, parcel: Parcel) -> Outcome:
        """Hand a message in."""
        try:
            message = message_of(parcel, self._sender, self._clock())
        except ValueError:  # an address that no header takes
            return Outcome(Fate.REFUSED, "mail_malformed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hand_in, message, parcel.address)

    async def close(self) -> None:
        """Wait for no message: who hangs is cut off by the time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hand_in(self, message: EmailMessage, address: str) -> Outcome:
        """In a thread."""
        try:
            with self._connect() as client:
                client.send_message(message, to_addrs=[address])
        except SMTPRecipientsRefused as error:
            [(code, _)] = list(error.recipients.values())[:1]
            return _refused(code)
        except SMTPNotSupportedError:
            return Outcome(Fate.REFUSED, "smtp_not_supported")
        except SMTPResponseException as error:
            is_about_us = type(error).__name__ in ("SMTPAuthenticationError", "SMTPConnectError", "SMTPHeloError")
            return Outcome(Fate.LATER, f"smtp_{error.smtp_code}") if is_about_us else _refused(error.smtp_code)
        except _NoTls:
            return Outcome(Fate.LATER, "smtp_no_tls")
        except (SMTPException, OSError, ValueError) as error:  # the last: the server speaks something else
            return Outcome(Fate.LATER, f"smtp_{type(error).__name__}")
        return Outcome(Fate.SENT)

    def _connect(self) -> Client:
        server = self._server
        client: Client
        if server.is_tls_first:
            client = SMTP_SSL(server.host, server.port, timeout=self._timeout_s, context=self._make_context())
        else:
            client = Client(server.host, server.port, timeout=self._timeout_s)
        try:
            client.ehlo_or_helo_if_needed()
            is_private = server.is_tls_first
            if not is_private and client.has_extn("starttls"):
                client.starttls(context=self._make_context())
                is_private = True
            if server.user is not None and server.password is not None:
                if not is_private and not is_loopback(server.host):
                    raise _NoTls
                client.login(server.user, server.password)
        except BaseException:
            client.close()
            raise
        return client


def message_of(parcel: Parcel, sender: str, now: datetime) -> EmailMessage:
    """The message: plain text, so that nothing anybody named a show can be more than words."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = parcel.address
    message["Subject"] = parcel.title
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{parcel.delivery_id}@{message['From'].addresses[0].domain or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{parcel.stop_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    paragraphs = [parcel.body, *([parcel.url] if parcel.url else [])]
    stop = say("No more e-mails of this kind: {url}", parcel.language, url=parcel.stop_url)
    message.set_content("\n\n".join([*paragraphs, f"-- \n{stop}"]) + "\n")
    message["Content-Language"] = parcel.language
    return message


def _refused(code: int) -> Outcome:
    """A 5xx is for good, anything else for now."""
    return Outcome(Fate.REFUSED if code >= _PERMANENT else Fate.LATER, f"smtp_{code}")
