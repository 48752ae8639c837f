"""Signatures of notices: what Mercado Pago's pages say is believed, and nothing else, whatever is sent."""

from __future__ import annotations

import math
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gshop_studio.server.payments.ports import BadNotice, PaymentNotice, RawNotice
from gshop_studio.server.payments.signatures import NoticeSignatures
from tests.gshop_studio.server.payments.mercado_pago_stub import WEBHOOK_SECRET, signed

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
SIGNATURES = NoticeSignatures(WEBHOOK_SECRET.encode(), 300)
DOCUMENTED = RawNotice(signed("1320000001", "f7b2a1d4-0b1c", NOW_S), {"data.id": "1320000001", "type": "payment"})

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def verify(headers: dict[str, str], query: dict[str, str], now: datetime = NOW) -> PaymentNotice:
    return SIGNATURES.verify(RawNotice(headers, query), now)


@pytest.mark.parametrize("ts", [NOW_S, NOW_S * 1000, NOW_S * 1000 + 999, NOW_S - 300, (NOW_S + 300) * 1000])
def test_seconds_and_milliseconds_are_understood(ts: int) -> None:
    notice = verify(signed("123", "r-1", ts), {"data.id": "123", "type": "payment"})
    assert notice.payment_id == "123"


@pytest.mark.parametrize("ts", [NOW_S - 301, NOW_S + 301, (NOW_S - 301) * 1000, (NOW_S + 301) * 1000, 0, 10**15])
def test_what_was_signed_long_ago_or_in_the_future_is_refused(ts: int) -> None:
    """case 23: a tolerance of 300 s, either way, in either unit."""
    with pytest.raises(BadNotice, match="not fresh"):
        verify(signed("123", "r-1", ts), {"data.id": "123"})


@pytest.mark.parametrize("tolerance", [0, 0.0, -1, None, False, True, math.nan, math.inf, "300", 86400])
def test_a_tolerance_of_nothing_or_of_everything_does_not_switch_the_check_off(tolerance: Any) -> None:
    """case 24."""
    with pytest.raises(ValueError, match="fresh"):
        NoticeSignatures(b"secret", tolerance)
    with pytest.raises(ValueError, match="secret"):
        NoticeSignatures(b"", 300)


def test_pairs_that_are_absent_are_left_out_of_what_is_signed() -> None:
    assert verify(signed("123", None, NOW_S), {"data.id": "123"}).payment_id == "123"
    assert verify(signed(None, "r-1", NOW_S), {}).payment_id is None
    with pytest.raises(BadNotice, match="signature"):
        verify(signed(None, "r-1", NOW_S), {"data.id": "123"})


def test_an_id_is_signed_in_lower_case() -> None:
    assert verify(signed("ord01jq4s4ky8", "r-1", NOW_S), {"data.id": "ORD01JQ4S4KY8"}).payment_id == "ORD01JQ4S4KY8"


def test_what_is_about_something_else_names_no_payment() -> None:
    assert verify(signed("123", "r-1", NOW_S), {"data.id": "123", "type": "merchant_order"}).payment_id is None


def test_the_same_notice_has_the_same_key_and_another_has_another() -> None:
    first = verify(signed("123", "r-1", NOW_S), {"data.id": "123"})
    assert verify(signed("123", "r-1", NOW_S), {"data.id": "123"}).key == first.key
    for others in (signed("123", "r-2", NOW_S), signed("123", "r-1", NOW_S + 1)):
        assert verify(others, {"data.id": "123"}).key != first.key


V1 = signed("123", "r-1", NOW_S)["x-signature"].partition("v1=")[2]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "ts=,v1=",
        f"v1={V1}",
        f"ts={NOW_S}",
        f"ts={NOW_S},v0={V1}",
        f"ts={NOW_S},v1={V1.upper()}",
        f"ts={NOW_S},v1={V1[:-1]}",
        f"ts={NOW_S},v1={V1}0",
        f"ts={NOW_S},v1={'0' * 64}",
        f"ts={NOW_S},v1={V1},v1={V1}",
        f"ts={NOW_S},ts={NOW_S},v1={V1}",
        f"ts={NOW_S};v1={V1}",
        f"ts=+{NOW_S},v1={V1}",
        f"ts={NOW_S}.0,v1={V1}",
        f"ts={'９' * 10},v1={V1}",
        f"ts={NOW_S},v1={V1}," + "x=1," * 200,
        f"sha256={V1}",
        f"t={NOW_S},v1={V1}",
        V1,
    ],
)
def test_a_signature_of_another_form_is_refused(header: str | None) -> None:
    """case 22: missing, cut short, of another scheme, doubled."""
    headers = {"x-request-id": "r-1"} | ({"x-signature": header} if header is not None else {})
    with pytest.raises(BadNotice):
        verify(headers, {"data.id": "123"})


def test_one_signed_with_another_secret_is_refused() -> None:
    with pytest.raises(BadNotice, match="signature"):
        verify(signed("123", "r-1", NOW_S, secret=""), {"data.id": "123"})
    with pytest.raises(BadNotice, match="signature"):
        verify(signed("123", "r-1", NOW_S, secret=WEBHOOK_SECRET + "x"), {"data.id": "123"})


@pytest.mark.parametrize(
    ("data_id", "request_id"),
    [("123;request-id:r-1", None), ("1", "r;ts:1"), ("../123", "r-1"), ("1" * 65, "r"), ("", "r"), ("1\n", "r")],
)
def test_signed_text_that_could_be_read_in_two_ways_is_refused_even_when_signed(
    data_id: str, request_id: str | None
) -> None:
    with pytest.raises(BadNotice):
        verify(signed(data_id, request_id, NOW_S), {"data.id": data_id})


def test_what_it_signs_is_believed() -> None:
    """The sandbox signs its notices with it."""
    raw = SIGNATURES.sign("0193-ab", "r-9", NOW)
    assert SIGNATURES.verify(raw, NOW + timedelta(seconds=299)).payment_id == "0193-ab"
    assert raw.headers == signed("0193-ab", "r-9", NOW_S)


_texts = st.text(max_size=80) | st.sampled_from([*DOCUMENTED.headers.values(), "123", "payment", V1])


@calmly
@given(
    st.dictionaries(st.sampled_from(["x-signature", "x-request-id"]), _texts),
    st.dictionaries(st.sampled_from(["data.id", "type", "id"]), _texts),
)
def test_whatever_is_sent_is_refused_in_one_way(headers: dict[str, str], query: dict[str, str]) -> None:
    """Nothing but what was signed passes, and nothing breaks."""
    try:
        verify(headers, query)
    except BadNotice:
        return
    assert headers == DOCUMENTED.headers and query.get("data.id") == "1320000001"


@calmly
@given(st.data())
def test_one_sign_changed_anywhere_and_it_is_not_believed(data: st.DataObject) -> None:
    headers, query = dict(DOCUMENTED.headers), {"data.id": "1320000001"}
    where = data.draw(st.sampled_from([(headers, "x-signature"), (headers, "x-request-id"), (query, "data.id")]))
    fields, name = where
    text = fields[name]
    place = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from(string.printable).filter(lambda new: new != text[place]))
    fields[name] = text[:place] + sign + text[place + 1 :]
    with pytest.raises(BadNotice):
        verify(headers, query)


@calmly
@given(st.from_regex(r"[a-z0-9_-]{1,64}", fullmatch=True), st.from_regex(r"[A-Za-z0-9._-]{1,128}", fullmatch=True))
def test_whatever_is_rightly_signed_is_believed(data_id: str, request_id: str) -> None:
    notice = verify(signed(data_id, request_id, NOW_S), {"data.id": data_id})
    assert notice.payment_id == data_id
