"""The prior price of a reduction from a history of applied prices: the cases of the directive, one table each."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from listino.core.facts import Country
from listino.core.prior import Applied, Further, NoPrior, Prior, Terms, prior_price, terms_of
from listino.core.question import UnitPrice

ROME = ZoneInfo("Europe/Rome")
TERMS = Terms(30, None, False, ROME)
PROGRESSIVE = Terms(30, None, True, ROME)


def at(day: str) -> datetime:
    """The midnight of a day in Rome, as "05-28" of 2026."""
    month, _, date = day.partition("-")
    return datetime(2026, int(month), int(date), tzinfo=ROME).astimezone(UTC)


def cost(net: str, gross: str | None = None, per: str = "1") -> UnitPrice:
    return UnitPrice(Decimal(net), None if gross is None else Decimal(gross), Decimal(per), "EUR")


def history(*told: str) -> list[Applied]:
    """Prices as "01-01 100" (full), "01-01 80 sale" (reduced by that rule) or "01-01 -" (not sold)."""
    applied = []
    for one in told:
        day, price, *rules = one.split()
        applied.append(Applied(at(day), None if price == "-" else cost(price), None, tuple(rules)))
    return applied


def found(*told: str, terms: Terms = TERMS, complete: bool = True) -> tuple[str, ...] | str:
    """The prior price, its percentage and when the reduction began; or in a word why there is none."""
    answer = prior_price(history(*told), terms, complete=complete)
    if isinstance(answer, Prior):
        began = answer.reduced_since.astimezone(ROME)
        return str(answer.price.net_price), str(answer.percent), f"{began:%m-%d}"
    return answer.reason if isinstance(answer, NoPrior) else "further"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # The price that held when the days began is carried in.
        (("01-01 100", "06-01 80 sale"), ("100", "20.00", "06-01")),
        # The reduction itself does not count, however long it lasts.
        (("01-01 100", "02-01 80 sale", "06-01 80 sale"), ("100", "20.00", "02-01")),
        # An earlier one in the days does.
        (("01-01 100", "05-10 70 may", "05-20 100", "06-01 80 sale"), ("70", "0", "06-01")),
        (("01-01 100", "05-10 90 may", "05-20 100", "06-01 80 sale"), ("90", "11.11", "06-01")),
        # One that was over before the days began does not.
        (("01-01 100", "03-10 70 march", "03-20 100", "06-01 80 sale"), ("100", "20.00", "06-01")),
        # What was replaced at the very instant at which the days begin counts (05-02 is 30 days before 06-01).
        (("01-01 70", "05-02 100", "06-01 80 sale"), ("70", "0", "06-01")),
        (("01-01 70", "05-01 100", "06-01 80 sale"), ("100", "20.00", "06-01")),
        # A price that is raised before the sale does not help.
        (("01-01 100", "05-25 140", "06-01 99 sale"), ("100", "1.00", "06-01")),
        # A campaign that ended and began again is a new reduction, and so is one by another rule.
        (("01-01 100", "05-01 80 sale", "05-20 100", "06-01 80 sale"), ("80", "0", "06-01")),
        (("01-01 100", "05-20 80 spring", "06-01 80 summer"), ("80", "0", "06-01")),
        # A deeper one is a new one, and the one before counts; so is one that is less deep.
        (("01-01 100", "05-20 80 sale", "06-01 70 sale"), ("80", "12.50", "06-01")),
        (("01-01 100", "05-20 70 sale", "06-01 80 sale"), ("70", "0", "06-01")),
        # While nothing is sold nothing ends.
        (("01-01 100", "05-20 80 sale", "05-25 -", "06-01 80 sale"), ("100", "20.00", "05-20")),
        # Not sold in all those days: the last price before counts.
        (("01-01 100", "02-01 -", "06-01 80 sale"), ("100", "20.00", "06-01")),
        # A percentage never says more than is given.
        (("01-01 30", "06-01 20 sale"), ("30", "33.33", "06-01")),
        # On sale for less than the days: all the time there was.
        (("05-25 100", "06-01 80 sale"), ("100", "20.00", "06-01")),
        # Reduced from its first day on: there is nothing to compare with.
        (("06-01 80 sale",), "new_item"),
        (("05-25 -", "06-01 80 sale"), "new_item"),
    ],
)
def test_the_lowest_price_of_the_days_before_the_reduction(told: tuple[str, ...], expected: object) -> None:
    assert found(*told) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # Deepened without interruption, by whatever rules: the prior price of the first stays.
        (("01-01 100", "05-20 80 sale", "06-01 70 sale"), ("100", "30.00", "05-20")),
        (("01-01 100", "05-10 90 a", "05-20 80 b", "06-01 70 c"), ("100", "30.00", "05-10")),
        (("01-01 100", "05-10 90 a", "05-15 -", "05-20 80 b"), ("100", "20.00", "05-10")),
        # Interrupted by the full price, or raised in between: a new one.
        (("01-01 100", "05-10 90 a", "05-20 100", "06-01 70 c"), ("90", "22.22", "06-01")),
        (("01-01 100", "05-10 70 a", "05-20 90 b", "06-01 60 c"), ("70", "14.28", "05-20")),
    ],
)
def test_where_the_country_allows_it_a_deepened_reduction_keeps_its_first_prior_price(
    told: tuple[str, ...], expected: object
) -> None:
    assert found(*told, terms=PROGRESSIVE) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(None, ("90", "11.11", "06-01")), (10, ("100", "20.00", "06-01")), (20, "new_item"), (0, "new_item")],
)
def test_a_country_may_have_a_shorter_time_for_new_items(days: int | None, expected: object) -> None:
    terms = Terms(30, days, False, ROME)
    assert found("05-15 90", "05-20 100", "06-01 80 sale", terms=terms) == expected
    assert found("01-01 90", "05-20 100", "06-01 80 sale", terms=terms) == ("90", "11.11", "06-01")


def test_a_history_that_does_not_reach_back_far_enough_is_said_to() -> None:
    assert prior_price(history("05-10 100", "06-01 80 sale"), TERMS, complete=False) == Further(
        datetime(2026, 5, 1, 21, 59, 59, 999999, tzinfo=UTC)
    )
    assert prior_price(history("05-10 80 sale", "06-01 80 sale"), TERMS, complete=False) == Further(None)
    assert found("05-01 100", "06-01 80 sale", complete=False) == ("100", "20.00", "06-01")


def test_the_days_are_those_of_the_local_calendar() -> None:
    told = history("01-01 70", "03-10 100", "04-09 80 sale")
    answer = prior_price(told, TERMS, complete=True)
    assert isinstance(answer, Prior)
    # Clocks went forward in between: 30 days are an hour short of 720 hours.
    assert (answer.since, answer.price.net_price) == (at("03-10"), Decimal(70))
    assert (at("04-09") - at("03-10")).total_seconds() == 719 * 3600


def test_consumers_compare_what_they_pay_and_a_tax_that_changes_is_no_new_reduction() -> None:
    told = [
        Applied(at("01-01"), cost("100", "122"), Decimal(122)),
        Applied(at("05-20"), cost("110", "121"), Decimal(121)),
        Applied(at("06-01"), cost("90", "99"), Decimal(99), ("sale",)),
        Applied(at("06-10"), cost("90", "109.80"), Decimal("109.80"), ("sale",)),
    ]
    answer = prior_price(told, TERMS, complete=True)
    assert answer == Prior(cost("110", "121"), at("05-02"), at("06-01"), Decimal("9.25"))


def test_a_percentage_is_that_of_the_prices_before_they_are_rounded_for_show() -> None:
    told = [
        Applied(at("01-01"), cost("18", "21.96"), Decimal("21.96")),
        Applied(at("06-01"), cost("14.40", "17.57"), Decimal("17.568"), ("sale",)),
    ]
    answer = prior_price(told, TERMS, complete=True)
    assert answer == Prior(cost("18", "21.96"), at("05-02"), at("06-01"), Decimal(20))


def test_where_no_tax_is_known_for_one_of_them_all_are_compared_without() -> None:
    told = [
        Applied(at("01-01"), cost("100")),
        Applied(at("05-20"), cost("90", "99"), Decimal(99)),
        Applied(at("06-01"), cost("81", "98.82"), Decimal("98.82"), ("sale",)),
    ]
    answer = prior_price(told, TERMS, complete=True)
    assert answer == Prior(cost("90", "99"), at("05-02"), at("06-01"), Decimal(10))


def test_prices_per_other_numbers_of_units_are_compared_by_the_unit() -> None:
    told = [
        Applied(at("01-01"), cost("950", "1159", per="100"), Decimal(1159)),
        Applied(at("05-20"), cost("10", "12.20"), Decimal("12.20")),
        Applied(at("06-01"), cost("9", "10.98"), Decimal("10.98"), ("sale",)),
    ]
    answer = prior_price(told, TERMS, complete=True)
    assert answer == Prior(cost("9.5", "11.59"), at("05-02"), at("06-01"), Decimal("5.26"))


@pytest.mark.parametrize(
    ("code", "stated", "perishable", "days"),
    [
        ("IT", None, False, 30),
        ("IT", None, True, 30),
        ("CH", None, False, None),
        (None, None, False, None),
        ("IT", {"prior_price_progressive": True}, False, 30),
        ("CH", {"prior_price_days": 60}, False, 60),
        ("IT", {"prior_price_days": 0}, False, None),
        ("IT", {"prior_price_perishable_days": 0}, False, 30),
        ("IT", {"prior_price_perishable_days": 0}, True, None),
        ("IT", {"prior_price_perishable_days": 7}, True, 7),
    ],
)
def test_a_country_asks_for_what_is_stated_of_it_else_for_what_the_directive_says(
    code: str | None, stated: dict[str, Any] | None, perishable: bool, days: int | None
) -> None:
    country = Country(code=code or "", **stated) if stated is not None else None
    terms = terms_of(code, country, perishable, ROME)
    assert (terms.days if terms is not None else None) == days
    assert terms is None or terms.progressive == (stated is not None and "prior_price_progressive" in stated)
