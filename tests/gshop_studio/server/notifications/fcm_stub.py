"""An HTTP server that does what Firebase documents of its messages API, version 1, and of the tokens it takes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROJECT = "gshop-test"
EMAIL = "sender@gshop-test.iam.gserviceaccount.com"
Answer = tuple[int, dict[str, str], dict[str, Any]]


def error(status: int, code: str | None) -> Answer:
    """Google's error, with FCM's own code in its details."""
    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
    details = [{"@type": kind, "errorCode": code}] if code else []
    return status, {}, {"error": {"code": status, "message": "canary message", "status": "X", "details": details}}


class FcmStub:
    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private_key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self._public_key = key.public_key()
        self.sent: list[dict[str, Any]] = []
        """The messages taken."""
        self.instead: Callable[[dict[str, Any]], Answer | None] = lambda message: None
        self.tokens_given = 0
        self.tokens: set[str] = set()
        self.url = ""

    def credentials(self, folder: Path) -> Path:
        """The account's file, as Firebase gives it."""
        path = folder / "firebase.json"
        path.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "project_id": PROJECT,
                    "private_key_id": "key-1",
                    "private_key": self.private_key,
                    "client_email": EMAIL,
                    "token_uri": f"{self.url}/token",
                }
            )
        )
        return path

    def to(self, token: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["token"] == token]

    def answer(self, target: str, fields: dict[str, str], body: bytes) -> Answer:
        if target == "/token":
            return self._give_token(body)
        assert target == f"/v1/projects/{PROJECT}/messages:send", target
        if fields.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return error(401, None)
        assert len(body) <= 4096
        message = json.loads(body)["message"]
        assert all(isinstance(value, str) for value in message["data"].values())
        if (other := self.instead(message)) is not None:
            return other
        self.sent.append(message)
        return 200, {}, {"name": f"projects/{PROJECT}/messages/{len(self.sent)}"}

    def _give_token(self, body: bytes) -> Answer:
        form = parse_qs(body.decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        claims = jwt.decode(form["assertion"][0], self._public_key, algorithms=["RS256"], audience=f"{self.url}/token")
        assert claims["iss"] == EMAIL and claims["exp"] <= time.time() + 3601
        assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
        self.tokens_given += 1
        token = f"ya29.canary-{self.tokens_given}"
        self.tokens.add(token)
        return 200, {}, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                names = (line.split(": ", 1) for line in lines[1:] if line)
                fields = {name.lower(): value for name, value in names}
                body = await reader.readexactly(int(fields.get("content-length", "0")))
                status, headers, answer = self.answer(lines[0].split(" ")[1], fields, body)
                content = json.dumps(answer).encode()
                more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                writer.write(f"HTTP/1.1 {status} X\r\n{more}content-length: {len(content)}\r\n\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def running_fcm_stub() -> AsyncIterator[FcmStub]:
    stub = FcmStub()
    listening = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    stub.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield stub
    finally:
        listening.close()
