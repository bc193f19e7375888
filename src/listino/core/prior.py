"""The price that goes before a reduction: the lowest that was applied in the days before it began.

Source: Directive 98/6/EC, article 6a; Commission notice 2021/C 526/02; docs/decisions/0008-prior-price.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from listino.core.candidates import ListPlace
from listino.core.facts import Country
from listino.core.money import EXACT, HUNDRED, QUANTA, SETTLED, ZERO
from listino.core.question import AppliedStep, UnitPrice
from listino.core.ready import MICROSECOND, Ready
from listino.core.validity import instant

# The member states of the Union (ISO 3166-1), and the days that the directive asks for.
UNION = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())
UNION_DAYS = 30
PERCENT_DIGITS = 2
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a country asks for: over how many days, and what it makes of new items and deeper reductions.

    Units:   local days of `zone`; new_item_days counts for an item on sale for less than `days`, None:
             all the time that it was on sale.
    """

    days: int
    new_item_days: int | None
    progressive: bool
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Applied:
    """What an item cost from an instant until the next one; `price` is None while it was not sold.

    Units:   paid: what a consumer pays per `per` units, with tax and not rounded; None where no tax fits.
    Shapes:  reduced_by: the codes of the rules that were announced as a reduction, empty without one.
    """

    since: datetime
    price: UnitPrice | None
    paid: Decimal | None = None
    reduced_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior price, and how much below it the price is now.

    Units:   price per as many units as the price now; percent rounded down, 0 where the price now is not
             below; since: from when on prices were looked at; reduced_since: when the reduction began.
    """

    price: UnitPrice
    since: datetime
    reduced_since: datetime
    percent: Decimal


@dataclass(frozen=True, slots=True)
class NoPrior:
    """There is no prior price to be told, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Further:
    """The history does not go back far enough: it must begin by an instant, or (None) somewhere before."""

    back_to: datetime | None


def terms_of(code: str | None, stated: Country | None, perishable: bool, zone: ZoneInfo) -> Terms | None:
    """What a country asks for, by what is stated of it, else by the directive; None where it asks for nothing."""
    stated = stated or Country(code=code or "")
    days = stated.prior_price_days
    if days is None:
        days = UNION_DAYS if code in UNION else 0
    if perishable and stated.prior_price_perishable_days is not None:
        days = stated.prior_price_perishable_days
    if days == 0:
        return None
    return Terms(days, stated.prior_price_new_item_days, stated.prior_price_progressive, zone)


def announced_among(rules: Iterable[Ready], chain: Mapping[str, ListPlace]) -> frozenset[str]:
    """The codes of the rules that are shown as a discount to everyone who may see the price.

    What is meant for one customer, account, delivery place or coupon alone is no announcement to consumers.
    """
    shown = [ready.rule for ready in rules if ready.rule.show_as == "discount"]
    if not shown:
        return _NOTHING  # One for all pairs: nearly every pair has none.
    return frozenset(
        rule.code
        for rule in shown
        if rule.customer is None
        and rule.account is None
        and rule.ship_to is None
        and rule.coupon is None
        and (rule.list is None or rule.list not in chain or _is_for_many(chain[rule.list]))
    )


def _is_for_many(place: ListPlace) -> bool:
    return any(grant.party not in ("customer", "account") for grant in place.grants)


def reduced_by(steps: Iterable[AppliedStep], announced: frozenset[str]) -> tuple[str, ...]:
    """The announced rules that made a price, or took something off it."""
    return tuple(
        [
            rule
            for _, kind, rule, _, _, before, after in steps
            if rule is not None and rule in announced and (kind == "price" or before is None or after < before)
        ]
    )


def prior_price(history: Sequence[Applied], terms: Terms, *, complete: bool) -> Prior | NoPrior | Further:
    """The lowest price applied in the days before the current reduction began.

    What held when those days begin is carried in, also where it was replaced at that very instant; the
    current reduction does not count, earlier ones do. Where nothing was sold in those days, the last price
    before counts.

    Shapes:  history: oldest first, the current price last, sold and reduced; complete: nothing was before.
    Errors:  none: that there is none, or that more must be known, is an answer.
    """
    first = _first_of_reduction(history, terms.progressive)
    before = [index for index in range(first or 0) if history[index].price is not None]
    if first is None or not before:
        return NoPrior("new_item") if complete else Further(None)
    reduced_since = history[first].since
    opens_at = _days_before(reduced_since, terms.days, terms.zone)
    if not complete and history[0].since >= opens_at:
        return Further(opens_at - MICROSECOND)
    on_sale_since = history[before[0]].since
    if complete and on_sale_since > opens_at and terms.new_item_days is not None:
        opens_at = _days_before(reduced_since, terms.new_item_days, terms.zone)
        if terms.new_item_days == 0 or on_sale_since > opens_at:
            return NoPrior("new_item")
    counted = [index for index in before if history[index + 1].since >= opens_at] or before[-1:]
    since = max(opens_at, on_sale_since) if complete else opens_at
    return _lowest([history[index] for index in counted], history[-1], since, reduced_since)


def _lowest(applied: list[Applied], now: Applied, since: datetime, reduced_since: datetime) -> Prior | NoPrior:
    with_tax = all(one.paid is not None for one in (*applied, now))
    lowest = min(applied, key=lambda one: _amounts(one, with_tax))
    if lowest.price is None or now.price is None:
        return NoPrior("new_item")
    (prior, _), (amount, _) = _amounts(lowest, with_tax), _amounts(now, with_tax)
    percent = ZERO
    if amount < prior:
        exact = SETTLED.plus(EXACT.multiply(EXACT.divide(EXACT.subtract(prior, amount), prior), HUNDRED))
        percent = exact.quantize(QUANTA[PERCENT_DIGITS], ROUND_FLOOR)
    return Prior(_per(lowest.price, now.price.per), since, reduced_since, percent)


def _first_of_reduction(history: Sequence[Applied], progressive: bool) -> int | None:
    """Where in the history the current reduction began; None where it goes back to the first price of all.

    While nothing was sold, nothing ended either.
    """
    first, later = len(history) - 1, history[-1]
    for index in range(first - 1, -1, -1):
        earlier = history[index]
        if earlier.price is None:
            continue
        if not _goes_on(earlier, later, progressive):
            return first
        first, later = index, earlier
    return None


def _goes_on(earlier: Applied, later: Applied, progressive: bool) -> bool:
    """Whether one reduction is still the other: by the same rules at the same price, or deepened where that counts."""
    if not earlier.reduced_by:
        return False
    if progressive:
        with_tax = earlier.paid is not None and later.paid is not None
        return _amounts(earlier, with_tax) >= _amounts(later, with_tax)
    # A tax that changes makes no other price of it: either amount may stay.
    (paid, net), (paid_later, net_later) = _amounts(earlier, True), _amounts(later, True)
    return (paid == paid_later or net == net_later) and earlier.reduced_by == later.reduced_by


def _amounts(applied: Applied, with_tax: bool) -> tuple[Decimal, Decimal]:
    """What a consumer pays for one unit, with tax where it is known; then the same without."""
    if applied.price is None:
        return ZERO, ZERO
    net, _, per, _ = applied.price
    paid = applied.paid if with_tax and applied.paid is not None else net
    return SETTLED.divide(paid, per), SETTLED.divide(net, per)


def _per(price: UnitPrice, per: Decimal) -> UnitPrice:
    """A price per another number of units."""
    if price.per == per:
        return price
    net, gross = (
        None if amount is None else SETTLED.plus(EXACT.divide(EXACT.multiply(amount, per), price.per))
        for amount in (price.net_price, price.gross_price)
    )
    return price._replace(net_price=net or ZERO, gross_price=gross, per=per)


def _days_before(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same local time some days earlier."""
    return instant(at.astimezone(zone).replace(tzinfo=None) - timedelta(days=days), zone).astimezone(UTC)
