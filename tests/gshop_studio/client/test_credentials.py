"""Tokens in the keyring, or in memory where there is none: one contract, run against both."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keyring.errors
from keyring.backend import KeyringBackend

from gshop_studio.client.credentials import Credentials

URL = "https://shop.test"


async def keeps_the_contract(credentials: Credentials) -> None:
    """What every store must do."""
    assert await credentials.load(URL) is None
    await credentials.save(URL, "first")
    await credentials.save(URL, "second")
    await credentials.save("https://other.test", "other")
    assert await credentials.load(URL) == "second"
    await credentials.forget(URL)
    await credentials.forget(URL)
    assert await credentials.load(URL) is None
    assert await credentials.load("https://other.test") == "other"
    await credentials.forget("https://other.test")


class Locked(KeyringBackend):
    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.KeyringLocked

    def delete_password(self, service: str, username: str) -> None:
        raise keyring.errors.KeyringLocked


async def test_without_a_key_store_tokens_are_kept_for_this_run_and_it_says_so() -> None:
    credentials = Credentials(None)
    assert not credentials.is_kept
    await keeps_the_contract(credentials)


async def test_a_key_store_that_stays_locked_is_given_up_honestly() -> None:
    credentials = Credentials(Locked())  # type: ignore[no-untyped-call]
    assert credentials.is_kept
    await credentials.save(URL, "token")
    assert not credentials.is_kept
    assert await credentials.load(URL) == "token"


_AGAINST_THE_REAL_ONE = """
import asyncio
from gshop_studio.client.credentials import Credentials, find_keyring
from tests.gshop_studio.client.test_credentials import keeps_the_contract
backend = find_keyring()
assert backend is not None, "no Secret Service found"
assert Credentials(backend).is_kept
asyncio.run(keeps_the_contract(Credentials(backend)))
print("kept", type(backend).__module__)
"""


def test_a_real_secret_service_keeps_them(tmp_path: Path) -> None:
    script = f"""
    printf 'test' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
    {sys.executable} - <<'PYTHON'
{_AGAINST_THE_REAL_ONE}
PYTHON
    """
    run = subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", script],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "PYTHONPATH": _root()},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=_root(),
    )
    assert "kept keyring.backends.SecretService" in run.stdout, run.stderr[-3000:]


def _root() -> str:
    return str(Path(__file__).resolve().parents[3])


def test_a_machine_without_one_has_none() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from gshop_studio.client.credentials import find_keyring; print(find_keyring())"],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=_root(),
        check=True,
    )
    assert run.stdout.strip() == "None"
