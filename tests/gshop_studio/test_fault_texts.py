"""Faults are told in words, in each language."""

import errno
import socket

import pytest
from babel.messages.pofile import read_po

from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import FAULT_TEXTS, FaultBecause, tell
from gshop_studio.paths import translations_dir
from gshop_studio.reason_texts import REASON_TEXTS, reason_of
from gshop_studio.texts import best_language


@pytest.mark.parametrize("language", ["es", "pt"])
def test_every_fault_has_a_text_in_the_language(language: str) -> None:
    with (translations_dir() / "shared" / language / "LC_MESSAGES" / "shared.po").open("rb") as file:
        translated = {message.id: message.string for message in read_po(file, locale=language)}
    assert {text for text in (*FAULT_TEXTS.values(), *REASON_TEXTS.values()) if not translated.get(text)} == set()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Port 80 is taken. Choose another one, or 0 for any free one."),
        ("es", "El puerto 80 está ocupado. Elige otro, o 0 para cualquiera libre."),
        ("pt", "A porta 80 está ocupada. Escolha outra, ou 0 para qualquer uma livre."),
    ],
)
def test_a_fault_is_told_in_the_persons_language(language: str, text: str) -> None:
    assert tell(Fault("server.port_taken", {"port": "80"}), language) == text


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "no hay permiso"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), "nadie responde allí"),
        (socket.gaierror(-2, "Name or service not known"), "no existe ese servidor"),
        (TimeoutError(), "no llegó respuesta a tiempo"),
        (OSError(errno.EXDEV, "Invalid cross-device link"), "Invalid cross-device link"),
    ],
)
def test_a_reason_is_told_in_the_persons_language_too(error: OSError, told: str) -> None:
    fault = FaultBecause("backup.failed", reasons=(reason_of(error),))
    assert tell(fault, "es") == f"La copia no se hizo: {told}."


def test_a_code_without_a_text_is_shown_as_itself() -> None:
    assert tell(Fault("strange.thing"), "en") == "strange.thing"


def test_a_missing_parameter_does_not_hide_the_fault() -> None:
    assert "(port)" in tell(Fault("server.port_taken"), "en")


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        (("es_AR.UTF-8",), "es"),
        (("pt-BR,pt;q=0.9,en;q=0.8",), "pt"),
        (("fr", "es"), "es"),
        ((None, ""), "en"),
        (("C.UTF-8",), "en"),
        (("est",), "en"),
    ],
)
def test_the_first_language_we_have_is_taken(wishes: tuple[str | None, ...], language: str) -> None:
    assert best_language(*wishes) == language
