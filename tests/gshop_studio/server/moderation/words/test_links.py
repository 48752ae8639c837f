"""What is a link, and what may be clicked."""

from __future__ import annotations

import time

import pytest

from gshop_studio.server.moderation.words.links import find_links


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/deal",
        "HTTP://EXAMPLE.COM",
        "look: http://127.0.0.1:8000/x",
        "hxxps://example.com",
        "www.example.anything",
        "cheaper at example.com!",
        "example.com.br tem mais",
        "tienda.mx",
        "my-shop.store now",
        "shop.example.co.uk",
        "wa.me/5215512345678",
        "bit.ly/abc",
        "t.me/group",
        "escríbeme a ana@example.com",
        "example.me/ana",
        "example[.]com",
        "example (dot) com",
        "example dot com",
        "ejemplo punto com",
        "exemplo ponto com",
        "ｅｘａｍｐｌｅ．ｃｏｍ",
        "exam\u200bple.com",
        "ехаmple.com",
        "example。com",
    ],
)
def test_a_link_is_found(text: str) -> None:
    assert find_links(text)


@pytest.mark.parametrize(
    "text",
    [
        "it is $3.50",
        "1.500,00",
        "v2.0 is out",
        "10 a.m. to 5 p.m.",
        "etc...sale",
        "Hola.me encanta",
        "ok.so what now",
        "gracias.de nada",
        "lindo.no tengo plata",
        "sí.es hermoso",
        "wow...live now",
        "U.S.A.",
        "3.5mm jack",
        "a dot on the i",
        "punto de cruz",
        "ponto final",
        "size M/L",
        "24/7",
        "and/or",
        "javascript:alert(1)",
        "data:text/html,x",
        "...",
        "",
    ],
)
def test_what_is_no_link_is_none(text: str) -> None:
    assert find_links(text) == ()


@pytest.mark.parametrize("piece", ["a.", "a", "a-", ".", "http://", "www.", "a.b.", "dot ", "a (", "a.com", "[.]"])
def test_a_message_made_to_be_slow_is_not(piece: str) -> None:
    rounds = []
    for round_ in range(3):
        text = (piece * 500)[:499] + str(round_)
        start = time.perf_counter()
        find_links(text)
        rounds.append(time.perf_counter() - start)
    assert min(rounds) < 0.02
