"""Addresses of network cameras never show what is secret in them. Case 44."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.errors import SourceError
from encoder.sources.network_address import is_network_address, shown_address
from encoder.sources.source_name import parse_audio, parse_video

CANARY = "CaNaRy"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://user:CaNaRy@10.0.0.7:554/live", "rtsp://10.0.0.7:554/live"),
        ("http://CaNaRy@phone.local:8080/video", "http://phone.local:8080/video"),
        ("http://10.0.0.7/video?user=admin&pwd=CaNaRy", "http://10.0.0.7/video"),
        ("https://[fe80::1]:8443/v#CaNaRy", "https://[fe80::1]:8443/v"),
        ("rtsp://user:CaNaRy@10.0.0.7:port/live", "rtsp://…"),
        ("rtsp://user:Ca/NaRy@10.0.0.7/live", "rtsp://…"),
        ("http://[broken/CaNaRy", "http://…"),
    ],
)
def test_user_password_query_and_fragment_are_hidden(address: str, shown: str) -> None:
    assert shown_address(address) == shown


@given(
    st.sampled_from(["rtsp", "http", "ftp", ""]),
    st.text(string.ascii_letters + string.punctuation, max_size=8),
    st.text(string.ascii_letters + string.digits + ".:[]/?#", max_size=12),
)
def test_no_user_or_password_is_ever_shown(scheme: str, before: str, rest: str) -> None:
    shown = shown_address(f"{scheme}://{before}:{CANARY}@{rest}")
    assert CANARY not in shown
    assert CANARY.casefold() not in shown.casefold()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("rtsp://10.0.0.7/live", True),
        ("HTTP://phone/video", True),
        ("https://phone:8443", True),
        ("rtsp://", False),
        ("http://phone:99999/", False),
        ("file:///etc/passwd", False),
        ("concat:http://a|b", False),
        ("phone", False),
    ],
)
def test_what_a_network_camera_can_have_as_an_address(text: str, is_one: bool) -> None:
    assert is_network_address(text) is is_one


def test_a_sources_name_hides_them_as_text_and_keeps_them_as_a_value() -> None:
    name = parse_video(f"camera:rtsp://user:{CANARY}@10.0.0.7/live")
    assert CANARY in name.argument and name.is_network
    assert CANARY not in str(name) and CANARY not in repr(name)
    assert str(name) == "camera:rtsp://10.0.0.7/live"
    assert name != parse_video("camera:rtsp://10.0.0.7/live"), "another password is another source"


@pytest.mark.parametrize(
    "text",
    [
        f"network:ftp://user:{CANARY}@host/",
        f"camera:rtmp://user:{CANARY}@host/",
        f"camera:rtsp://user:{CANARY}@:port/",
        f"wrong:http://user:{CANARY}@host/",
        "network:phone",
        "network",
        "image",
        "screen:",
        "",
    ],
)
def test_a_bad_name_is_refused_without_quoting_secrets(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_video(text)
    assert caught.value.fault.code == "source.bad_name"
    assert CANARY not in str(caught.value.fault) and CANARY not in str(caught.value)


def test_names_of_every_kind_are_read() -> None:
    for text in ("camera", "camera:Cam: 2", "screen", "screen::1", "screen:0,0,64x36", "image:a.png", "file:a", "test"):
        assert str(parse_video(text)) == text
    for text in ("microphone", "microphone:Mic", "file:a", "tone", "silence"):
        assert str(parse_audio(text)) == text
    for text in ("screen", "image:a.png", "test"):
        with pytest.raises(SourceError):
            parse_audio(text)
