"""Ingest addresses, good and bad."""

from __future__ import annotations

import pytest

from encoder.errors import OutputError
from encoder.outputs.target import RtmpTarget


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtmp://example.org/live", RtmpTarget("example.org", 1935, "live", False)),
        ("rtmps://example.org/live", RtmpTarget("example.org", 443, "live", True)),
        ("RTMPS://Example.org:8443/app/", RtmpTarget("example.org", 8443, "app", True)),
        ("rtmp://[::1]:2000/live/eu", RtmpTarget("::1", 2000, "live/eu", False)),
        ("rtmp://example.org/live?region=eu", RtmpTarget("example.org", 1935, "live?region=eu", False)),
    ],
)
def test_an_address_is_taken_apart(url: str, expected: RtmpTarget) -> None:
    assert RtmpTarget.parse(url) == expected


def test_the_connect_url_names_the_port_and_brackets_ipv6() -> None:
    assert RtmpTarget.parse("rtmp://[::1]/live").tc_url == "rtmp://[::1]:1935/live"


@pytest.mark.parametrize(
    "url",
    ["", "live", "http://example.org/live", "rtmp://", "rtmp://host", "rtmp://host/", "rtmp://host:0/live",
     "rtmp://host:99999/live", "rtmp://host:x/live", "rtmp://user:secret@host/live", "rtmp://ho st/live",
     "rtmp://[::1/live", "rtmp://host/li\nve"],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(OutputError) as caught:
        RtmpTarget.parse(url)
    assert caught.value.fault.code == "ingest.bad_url" and caught.value.is_final
    assert "secret" not in caught.value.fault.params["url"]


def test_a_key_put_into_a_bad_address_is_not_repeated() -> None:
    """Case 44."""
    with pytest.raises(OutputError) as caught:
        RtmpTarget.parse("rtmp://host:x/live/canary-key?canary-key")
    assert "canary" not in str(caught.value.fault)
