"""What is kept of a viewer."""

from __future__ import annotations

import pytest

from gshop_studio.server.realtime.viewer import Device, country_of, device_of


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Mobile/15E148", Device.MOBILE),
        ("Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537 Chrome/142 Mobile Safari/537", Device.MOBILE),
        ("Mozilla/5.0 (Linux; Android 16; SM-X910) AppleWebKit/537 Chrome/142 Safari/537", Device.TABLET),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605", Device.TABLET),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537 Chrome/142 Safari/537", Device.WEB),
        ("python-socketio", Device.WEB),
        ("", Device.WEB),
    ],
)
def test_device(user_agent: str, device: Device) -> None:
    assert device_of(user_agent) is device


@pytest.mark.parametrize(
    ("header", "country"), [("MX", "MX"), (" br ", "BR"), ("XX", None), ("T1", None), ("MEX", None), ("", None)]
)
def test_country(header: str, country: str | None) -> None:
    assert country_of(header) == country
