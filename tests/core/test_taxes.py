"""Tax of many amounts together: each way to round it adds up, and says what it is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listino.core.facts import Tax
from listino.core.taxes import Amounts, Taxable, TaxRow, taxed
from tests.core.lines import d

S22 = Tax(code="S22", percent=d(22))
S20 = Tax(code="S20", percent=d(20))
S10 = Tax(code="S10", percent=d(10))
REVERSE = Tax(code="AE", percent=d(0), category="AE", reason="Reverse charge")

PERCENTS = st.sampled_from([d("0"), d("5.5"), d(10), d("19.6"), d(22)])
AMOUNTS = st.decimals(min_value=-5_000, max_value=100_000, places=2)
PARTS = st.lists(st.tuples(AMOUNTS, st.booleans(), PERCENTS), min_size=1, max_size=40)


def net(amount: str, tax: Tax | None = S22) -> Taxable:
    return Taxable(d(amount), False, tax)


def gross(amount: str, tax: Tax | None = S22) -> Taxable:
    return Taxable(d(amount), True, tax)


def taxes(*parts: Taxable, rounding: str = "rate", currency: str = "EUR") -> list[str]:
    return [str(amount.tax) for amount in taxed(parts, currency, rounding).amounts]


# 0.33 x 22 % = 0.0726 and 0.99 x 22 % = 0.2178.
@pytest.mark.parametrize(
    ("rounding", "each", "off_rate"),
    [("rate", ["0.08", "0.07", "0.07"], "0.00"), ("line", ["0.07", "0.07", "0.07"], "-0.01")],
)
def test_the_tax_of_three_lines_is_rounded_once_or_for_each(rounding: str, each: list[str], off_rate: str) -> None:
    result = taxed([net("0.33")] * 3, "EUR", rounding)
    assert [str(amount.tax) for amount in result.amounts] == each
    assert str(result.rounding) == off_rate


def test_a_document_is_rounded_once_over_all_its_rates() -> None:
    """0.1 + 0.004 + 0.0045: per rate 0.10 + 0.00 + 0.00, over the document 0.1085, so 0.11."""
    parts = [net("1.00", S10), net("0.02", S20), net("0.02", Tax(code="X", percent=d("22.5")))]
    assert taxes(*parts) == ["0.10", "0.00", "0.00"]
    result = taxed(parts, "EUR", "document")
    assert [str(amount.tax) for amount in result.amounts] == ["0.10", "0.00", "0.01"]
    assert str(result.rounding) == "0.01"


def test_gross_amounts_stay_and_their_net_is_rounded_once_per_rate() -> None:
    result = taxed([gross("13.50", S20), gross("6.50", S10), gross("1.00", S20)], "EUR")
    assert result.amounts == (
        Amounts(d("11.25"), d("2.25"), d("13.50")),
        Amounts(d("5.91"), d("0.59"), d("6.50")),
        Amounts(d("0.83"), d("0.17"), d("1.00")),
    )


def test_rows_stand_by_rate_category_and_reason_the_highest_first() -> None:
    result = taxed([net("10", REVERSE), net("100"), net("50", S10), net("1.5")], "EUR")
    assert result.rows == (
        TaxRow(d(22), "S", None, d("101.5"), d("22.33")),
        TaxRow(d(10), "S", None, d(50), d("5.00")),
        TaxRow(d(0), "AE", "Reverse charge", d(10), d("0.00")),
    )


def test_two_taxes_of_one_rate_and_category_are_rounded_together() -> None:
    other = Tax(code="OTHER", percent=d("22.0"))
    assert taxes(net("0.33"), net("0.33", other), net("0.33")) == ["0.08", "0.07", "0.07"]


def test_what_has_no_tax_stays_as_it_is_and_in_no_row() -> None:
    result = taxed([net("10", None), net("1.00")], "EUR")
    assert result.amounts[0] == Amounts(d(10), d("0.00"), d(10))
    assert result.rows == (TaxRow(d(22), "S", None, d("1.00"), d("0.22")),)


def test_a_currency_without_cents_is_rounded_to_its_own_coin() -> None:
    assert taxes(net("1400", S20), net("77", S20), currency="JPY") == ["280", "15"]


def test_goods_that_come_back_take_their_tax_with_them() -> None:
    assert taxes(net("100"), net("-100")) == ["22.00", "-22.00"]


@given(PARTS, st.sampled_from(["rate", "line", "document"]))
def test_net_and_tax_are_gross_and_the_rows_add_up(said: list[tuple[Decimal, bool, Decimal]], rounding: str) -> None:
    parts = [Taxable(amount, in_gross, Tax(code=str(percent), percent=percent)) for amount, in_gross, percent in said]
    result = taxed(parts, "EUR", rounding)
    for part, amount in zip(parts, result.amounts, strict=True):
        assert amount.net + amount.tax == amount.gross
        assert (amount.gross if part.gross else amount.net) == part.amount
        exact = part.amount * part.tax.percent / (100 + (part.tax.percent if part.gross else 0)) if part.tax else 0
        assert abs(amount.tax - exact) < d("0.01") or (rounding == "line" and abs(amount.tax - exact) <= d("0.005"))
    assert sum(row.net for row in result.rows) == sum(amount.net for amount in result.amounts)
    assert sum(row.tax for row in result.rows) == sum(amount.tax for amount in result.amounts)
    per_rate = taxed(parts, "EUR")
    difference = sum(a.tax - b.tax for a, b in zip(result.amounts, per_rate.amounts, strict=True))
    assert result.rounding == difference


@given(PARTS)
def test_the_tax_of_a_rate_is_that_of_its_sum(said: list[tuple[Decimal, bool, Decimal]]) -> None:
    parts = [Taxable(amount, False, Tax(code=str(percent), percent=percent)) for amount, _, percent in said]
    for row in taxed(parts, "EUR").rows:
        assert row.tax == (row.net * row.percent / 100).quantize(d("0.01"), "ROUND_HALF_UP")
