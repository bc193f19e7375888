"""Exact amounts: coins, grids, text and sharing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listino.core.money import Rounding, bounded, minor_digits, plain, rounded, shared, to_minor
from tests.core.lines import d

weighings = st.lists(st.decimals(0, 1000, places=3), min_size=1, max_size=20)
amounts = st.decimals(-(10**12), 10**12, places=4)


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XXX", 2)])
def test_the_smallest_coin_is_the_currencys(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("0.005", "EUR", "0.01"),
        ("-0.005", "EUR", "-0.01"),
        ("2.5", "JPY", "3"),
        ("1.0005", "KWD", "1.001"),
        ("7", "EUR", "7.00"),
    ],
)
def test_an_amount_is_rounded_half_up_to_the_coin(amount: str, currency: str, expected: str) -> None:
    assert str(to_minor(d(amount), currency)) == expected


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        ("10", 0, "10"), ("10.00", 0, "10"), ("10.50", 0, "10.5"), ("10.5", 2, "10.50"), ("10", 2, "10.00"),
        ("1E+3", 0, "1000"), ("1E-9", 0, "0.000000001"), ("-0.50", 0, "-0.5"), ("0.00", 0, "0"), ("0E-9", 2, "0.00"),
        ("100", 0, "100"), ("-3", 1, "-3.0"),
    ],
)  # fmt: skip
def test_a_decimal_as_text_has_no_exponent_and_no_idle_zeros(value: str, digits: int, expected: str) -> None:
    assert plain(d(value), digits) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**17), max_value=10**17, places=9))
def test_text_reads_back_as_the_same_value(value: Decimal) -> None:
    assert Decimal(plain(value)) == value
    assert "E" not in plain(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("999999999999999999", True), ("1000000000000000000", False), ("0.000000001", True), ("0.0000000001", False),
        ("1.0000000000000", True), ("NaN", False), ("Infinity", False), ("-Infinity", False), ("1e30", False),
        ("1E+999999", False), ("1E-999999", False), ("-999999999999999999.999999999", True), ("sNaN", False),
    ],
)  # fmt: skip
def test_only_what_fits_our_digits_is_bounded(value: str, expected: bool) -> None:
    assert bounded(d(value)) is expected


@pytest.mark.parametrize(
    ("price", "increment", "offset", "direction", "expected"),
    [
        ("10.48", "1", "-0.01", "nearest", "9.99"), ("10.49", "1", "-0.01", "nearest", "10.99"),
        ("9.995", "0.01", "0", "nearest", "10.00"), ("0", "0.05", "0", "even", "0"),
        ("0.025", "0.05", "0", "even", "0.05"),
        ("9.91", "0.1", "0", "up", "10.0"),
        ("9.99", "0.1", "0", "down", "9.9"), ("0.2", "1", "-0.01", "nearest", "0.99"),
        ("9.99", "1", "-0.01", "up", "9.99"),
    ],
)  # fmt: skip
def test_a_price_ends_on_its_grid(price: str, increment: str, offset: str, direction: str, expected: str) -> None:
    assert rounded(d(price), Rounding(increment=d(increment), offset=d(offset), direction=direction)) == d(expected)


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        ("10.00", ("1", "1", "1"), ("3.34", "3.33", "3.33")), ("0.01", ("1", "1"), ("0.01", "0.00")),
        ("10.00", ("0", "0"), ("5.00", "5.00")), ("-10.00", ("1", "2"), ("-3.33", "-6.67")), ("5.00", (), ()),
        ("0.05", ("3", "1", "1"), ("0.03", "0.01", "0.01")),
    ],
)  # fmt: skip
def test_shares_go_by_largest_remainder(total: str, weights: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert shared(d(total), tuple(map(d, weights)), 2) == tuple(map(d, expected))


@given(
    amounts.map(lambda amount: to_minor(amount, "EUR")),
    st.lists(st.decimals(0, 1000, places=3), min_size=1, max_size=20),
)
def test_shares_add_up_and_none_is_a_coin_off(total: Decimal, weights: list[Decimal]) -> None:
    shares = shared(total, tuple(weights), 2)
    assert sum(shares) == total
    whole = sum(weights) or Decimal(len(weights))
    parts = weights if sum(weights) else [Decimal(1)] * len(weights)
    assert all(
        abs(share - total * part / whole) < Decimal("0.010001") for share, part in zip(shares, parts, strict=True)
    )
