"""A mail server on this machine that takes messages as RFC 5321 says, and keeps them; the test says what it refuses."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

LONGEST_LINE = 1000


@dataclass(frozen=True)
class Received:
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    was_private: bool
    """Over TLS."""
    user: str | None

    @property
    def text(self) -> str:
        return str(self.message.get_content())


@dataclass
class _Session:
    is_private: bool = False
    user: str | None = None
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)


class SmtpServer:
    def __init__(self, tls: ssl.SSLContext | None = None, users: dict[str, str] | None = None) -> None:
        """`tls`: offer STARTTLS. `users`: ask for one of them, by their passwords."""
        self.received: list[Received] = []
        self.instead: Callable[[str], str | None] = lambda verb: None
        """What is answered to MAIL, RCPT or DATA instead of what is usual, as `451 later`."""
        self.loses_answers = False
        """Keeps a message, and closes the connection instead of saying so."""
        self.connections = 0
        self.url = ""
        self._tls = tls
        self._users = users or {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        session = _Session()
        try:
            await _say(writer, "220 mail.test ESMTP")
            while line := await reader.readline():
                if len(line) > LONGEST_LINE:
                    await _say(writer, "500 too long")
                elif not await self._do(line.decode("ascii").strip(), session, reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _do(
        self, line: str, session: _Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """False at the end of the connection."""
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        if verb in ("MAIL", "RCPT", "DATA") and self._users and session.user is None:
            await _say(writer, "530 authentication required")
            return True
        if (other := self.instead(verb)) is not None:
            await _say(writer, other)
            return not other.startswith("421")
        match verb:
            case "EHLO":
                offers = ["mail.test", *(["STARTTLS"] if self._tls and not session.is_private else [])]
                offers += ["AUTH PLAIN"] if self._users else []
                await _say(writer, *(f"250-{offer}" for offer in offers), "250 8BITMIME")
            case "STARTTLS":
                await _say(writer, "220 go ahead")
                await writer.start_tls(cast(ssl.SSLContext, self._tls))
                session.is_private = True
            case "AUTH":
                _, user, password = base64.b64decode(rest.split(" ")[1]).decode().split("\0")
                is_right = self._users.get(user) == password
                session.user = user if is_right else None
                await _say(writer, "235 welcome" if is_right else "535 wrong")
            case "MAIL":
                session.sender = _path(rest)
                await _say(writer, "250 ok")
            case "RCPT":
                session.recipients.append(_path(rest))
                await _say(writer, "250 ok")
            case "DATA":
                await _say(writer, "354 end with a point")
                body = await reader.readuntil(b"\r\n.\r\n")
                self._keep(session, body.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n."))
                if self.loses_answers:
                    return False
                await _say(writer, "250 taken")
            case "QUIT":
                await _say(writer, "221 bye")
                return False
            case "RSET" | "NOOP":
                await _say(writer, "250 ok")
            case _:
                await _say(writer, "502 not known here")
        return True

    def _keep(self, session: _Session, body: bytes) -> None:
        message = message_from_bytes(body, policy=default)
        recipients, session.recipients = tuple(session.recipients), []
        self.received.append(Received(session.sender or "", recipients, message, session.is_private, session.user))


async def _say(writer: asyncio.StreamWriter, *lines: str) -> None:
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    await writer.drain()


def _path(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]


@asynccontextmanager
async def running_smtp_server(
    tls: ssl.SSLContext | None = None, users: dict[str, str] | None = None
) -> AsyncIterator[SmtpServer]:
    server = SmtpServer(tls, users)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"smtp://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
