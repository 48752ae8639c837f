"""`gshop-studio check-chat-log`: whether a chat log's bundle is the one that was signed, and where it is not.

Needs neither a server nor its data.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gshop_studio.contract.chat_log import ChainBroken, ChatLogManifest, signing_key
from gshop_studio.contract.chat_log_bundle import BadBundle, read_bundle
from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import tell
from gshop_studio.server.words import format_moment
from gshop_studio.texts import person_language


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="what `chat-log.zip` of a show answered")
    parser.add_argument("--key", metavar="KEY", help="the `publicKey` of the server's /api/v1/live/signing-key")


def run(arguments: argparse.Namespace) -> int:
    """Check; the exit status is 0 only for a log that is whole, by the key if one is given."""
    language = person_language()
    path, trusted = str(arguments.file), arguments.key.strip() if arguments.key is not None else None
    if trusted is not None and not _is_key(trusted):
        return _refused(Fault("chat_log.bad_key"), language)
    try:
        manifest = read_bundle(arguments.file, trusted).manifest
    except BadBundle as error:
        return _refused(Fault(f"chat_log.{error.reason}", {"path": path}), language)
    except ChainBroken as error:
        return _refused(Fault(f"chat_log.{error.reason}", {"path": path, "line": str(error.line)}), language)
    except OSError as error:
        return _refused(Fault("chat_log.unreadable", {"path": path, "reason": error.strerror or str(error)}), language)
    code = "chat_log.whole_by_its_own_key" if trusted is None else "chat_log.whole"
    facts = {"path": path, "count": str(manifest.lines), "key": _key_id(manifest.public_key)}
    print(tell(Fault(code, facts), language))
    print(tell(Fault("chat_log.manifest_says", _said(manifest, language)), language))
    return 0


def _refused(fault: Fault, language: str) -> int:
    print(tell(fault, language), file=sys.stderr)
    return 1


def _said(manifest: ChatLogManifest, language: str) -> dict[str, str]:
    """What no signature covers: a stranger may have written it for the terminal."""
    try:
        moment = format_moment(manifest.created_at, language)
    except OverflowError:  # the calendar ends between two zones
        moment = manifest.created_at.isoformat()
    return {"title": _printable(manifest.title), "stream": _printable(manifest.stream_id), "moment": moment}


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def _key_id(public_key: str) -> str:
    """Of the key itself: what the manifest calls it is not signed."""
    return signing_key(Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))).key_id
