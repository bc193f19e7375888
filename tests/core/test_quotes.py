"""A quote is text that only its own secret could have signed, and says again what was put into it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from listino.core.quotes import Quote, Secret, digest_of, quote_of, secret_id_of, signed
from tests.core.lines import d

AT = datetime(2026, 11, 23, 12, 0, 0, 7, tzinfo=UTC)
SECRET = Secret("s1", b"k" * 32)
QUOTE = Quote(
    id="q",
    customer="ro.ssi/è",
    channel=None,
    context={"currency": "EUR", "coupons": ["HELLO"], "attributes": {"season": ["winter"]}},
    at=AT,
    revision=7,
    epoch="e",
    lines="l",
    amounts="a",
    totals=(d("25.65"), d("5.64"), d("31.29")),
    usage={"rule\x1fspring\x1fuses": d(3)},
    expires_at=AT + timedelta(minutes=30),
)


def test_a_quote_says_again_what_was_signed() -> None:
    assert quote_of(signed(QUOTE, SECRET), SECRET) == QUOTE
    bare = replace(QUOTE, customer=None, context={}, usage={})
    assert quote_of(signed(bare, SECRET), SECRET) == bare


def test_a_quote_is_text_for_a_url_that_names_its_secret() -> None:
    text = signed(QUOTE, SECRET)
    assert text.startswith("lq1.s1.")
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert secret_id_of(text) == "s1"


@pytest.mark.parametrize(
    "text", ["", "q1", "lq1.s1", "lq2.s1.e30.x", "lq1.s1.e30.x.y", "lq1.s1." + "e" * 200_000 + ".x"]
)
def test_other_text_names_no_secret(text: str) -> None:
    assert secret_id_of(text) is None


def test_whatever_sign_of_a_quote_is_changed_it_is_none() -> None:
    text = signed(QUOTE, SECRET)
    for place, sign in enumerate(text):
        other = "A" if sign != "A" else "B"
        assert quote_of(text[:place] + other + text[place + 1 :], SECRET) is None, place


def test_another_secret_of_the_same_name_did_not_sign_it() -> None:
    assert quote_of(signed(QUOTE, SECRET), Secret("s1", b"l" * 32)) is None


def test_text_beyond_ascii_is_no_quote() -> None:
    assert quote_of("lq1.s1.é.è", SECRET) is None


def test_a_digest_does_not_depend_on_the_order_of_rows_and_on_nothing_else_that_is_the_same() -> None:
    assert digest_of([("hammer", "3", "C62"), ("saw", "1", "C62")]) == digest_of(
        [("saw", "1", "C62"), ("hammer", "3", "C62")]
    )
    assert digest_of([("hammer", "3", "C62")]) != digest_of([("hammer", "3", "C62")] * 2)
    assert digest_of([("a", "bc")]) != digest_of([("ab", "c")])
