"""What the window says about a trouble, in the person's language: what is wrong, and what to do."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import FAULT_TEXTS, tell
from gshop_studio.studio.trouble import Trouble

_TEXTS: dict[str, object] = {
    "server.unreachable": QT_TRANSLATE_NOOP(
        "Trouble", "The shop at {url} cannot be reached. Check the address and your connection, then try again."
    ),
    "server.not_a_shop": QT_TRANSLATE_NOOP(
        "Trouble", "{url} answers, but it is not a shop of ours. Check the address."
    ),
    "server.bad_address": QT_TRANSLATE_NOOP(
        "Trouble", "This is not the address of a shop. It looks like shop.example.com."
    ),
    "server.not_ready": QT_TRANSLATE_NOOP("Trouble", "The shop on this computer did not start: {reason}"),
    "auth.signed_out": QT_TRANSLATE_NOOP("Trouble", "Your sign-in has ended. Sign in again to go on."),
    "session.not_a_seller": QT_TRANSLATE_NOOP(
        "Trouble", "This account can buy, but not sell. Sign in with a seller's account."
    ),
    "show.interrupted": QT_TRANSLATE_NOOP(
        "Trouble", "This show was interrupted. Go live to continue it, with the same viewers, products and chat."
    ),
    "show.ended_by_shop": QT_TRANSLATE_NOOP("Trouble", "The shop ended this show."),
    "show.end_not_told": QT_TRANSLATE_NOOP(
        "Trouble", "Your picture is off, but the shop could not be told. It ends the show by itself within a minute."
    ),
    "engine.lost": QT_TRANSLATE_NOOP("Trouble", "The video engine stopped. It is being started again."),
}


def trouble_text(trouble: Trouble, language: str) -> str:
    """A sentence or two. What the shop said itself is in the person's language already."""
    if trouble.code in _TEXTS:
        text = QCoreApplication.translate("Trouble", str(_TEXTS[trouble.code]))
        return text.format_map(_Filled(trouble.params)).strip()
    if trouble.detail:
        return trouble.detail
    if trouble.code in FAULT_TEXTS:
        return tell(Fault(trouble.code, trouble.params), language)
    return QCoreApplication.translate("Trouble", "Something went wrong ({code}). Try again.").format(code=trouble.code)


class _Filled(dict[str, str]):
    """A parameter that was not given leaves no trace."""

    def __missing__(self, key: str) -> str:
        return ""
