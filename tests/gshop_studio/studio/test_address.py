"""What a person types as a shop's address."""

from __future__ import annotations

import pytest

from gshop_studio.studio.address import BadAddress, shop_address


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("shop.example.com", "https://shop.example.com"),
        (" shop.example.com/watch/1 ", "https://shop.example.com"),
        ("http://shop.example.com:8080", "http://shop.example.com:8080"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("https://[::1]:9", "https://[::1]:9"),
    ],
)
def test_addresses(typed: str, meant: str) -> None:
    assert shop_address(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "  ", "ftp://shop", "https://", "my shop", "shop:port", "https://me:secret@shop", "javascript://x"]
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(BadAddress) as caught:
        shop_address(typed)
    assert "secret" not in str(caught.value)
