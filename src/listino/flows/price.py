"""A customer asks what an item costs: find the facts for the pair, let the core decide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from listino.core.candidates import ALWAYS, EPOCH, Circle, ListPlace, Ready, StepCandidates, arranged, currency_of
from listino.core.errors import malformed
from listino.core.facts import PriceList, Tax, Unit
from listino.core.keys import keys_of_shapes, rate_key, tax_key
from listino.core.ladder import ladder, next_break, starts_of
from listino.core.money import EXACT, ONE
from listino.core.question import Facts, NoPrice, Price, Question
from listino.core.resolve import resolve
from listino.core.rules import Rule
from listino.db.snapshot import Snapshot, company, under
from listino.flows.circles import Buyer, Kept, Ware, gathered_buyer, gathered_ware, one, sells

# Price lists that are formulas over further lists are followed so far.
FORMULA_LISTS_MAX = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """A price question as the caller put it; what was left out is None.

    Units:   quantity above 0, in `unit` (None: the item's own).
    """

    item: str
    at: datetime
    customer: str | None = None
    quantity: Decimal = ONE
    unit: str | None = None
    channel: str | None = None
    currency: str | None = None
    country: str | None = None
    ship_to: str | None = None
    order_type: str | None = None
    coupons: tuple[str, ...] = ()
    explain: str = "applied"
    ladder: bool = False
    manual: tuple[Rule, ...] = ()


@dataclass(slots=True)
class Answered:
    """A price or none, with the breaks around it."""

    price: Price | NoPrice
    facts: Facts
    next_break: tuple[Decimal, Price] | None
    ladder: tuple[tuple[Decimal, Price], ...] | None


@dataclass(slots=True)
class Pair(Kept):
    """One customer and one item: the facts from which every quantity and moment can be answered."""

    facts: Facts
    currency: str
    buyer: Buyer
    ware: Ware


def price(book: Snapshot, asked: Asked) -> Answered:
    """The answer to one price question, as of the snapshot's revision.

    Errors:  NotFound for an unknown item, customer or channel; Malformed for a unit without factor.
    """
    pair = pair_for(book, asked)
    facts = pair.facts
    unit = asked.unit or facts.item.unit
    if unit not in facts.factors:
        _add_unit(book, pair, unit)
    question = Question(
        asked.item, asked.customer, asked.quantity, unit, pair.currency, asked.at, facts.circle.channel,
        asked.order_type, asked.explain, asked.manual,
    )  # fmt: skip
    outcome = resolve(question, facts)
    following = None
    if facts.starts and isinstance(outcome, Price):
        following = next_break(question, facts, outcome)
    return Answered(outcome, facts, following, ladder(question, facts) if asked.ladder else None)


def pair_for(book: Snapshot, asked: Asked) -> Pair:
    """The facts for a question's customer and item: remembered, or gathered now."""
    name = (
        asked.customer, asked.item, asked.channel, asked.currency, asked.country, asked.ship_to, asked.coupons
    )  # fmt: skip
    cache = book.database.cache
    if not book.newest:
        return _gathered(book, asked)
    pair: Pair | None = cache.pairs.get(name)
    if pair is None or not _holds(pair, book) or not _holds(pair.buyer, book) or not _holds(pair.ware, book):
        pair = _gathered(book, asked)
        cache.pairs.put(name, pair)
    return pair


def _holds(kept: Kept, book: Snapshot) -> bool:
    """Whether what was read at one revision is the same at the snapshot's."""
    revision = book.revision
    if kept.checked_at == revision:
        return kept.read_at <= revision
    if kept.read_at > revision:
        return False
    if kept.checked_at < revision:
        if book.database.cache.touched_since(kept.parts, kept.checked_at):
            return False
        kept.checked_at = revision
    return True


def _buyer(book: Snapshot, asked: Asked) -> Buyer:
    parties = book.database.cache.parties
    name = (asked.customer, asked.channel, asked.ship_to)
    buyer: Buyer | None = parties.get(name) if book.newest else None
    if buyer is None or not _holds(buyer, book):
        buyer = gathered_buyer(book, company(book.reading), asked.customer, asked.channel, asked.ship_to)
        if book.newest:
            parties.put(name, buyer)
    return buyer


def _ware(book: Snapshot, code: str) -> Ware:
    wares = book.database.cache.wares
    ware: Ware | None = wares.get(code) if book.newest else None
    if ware is None or not _holds(ware, book):
        ware = gathered_ware(book, code)
        if book.newest:
            wares.put(code, ware)
    return ware


def _gathered(book: Snapshot, asked: Asked) -> Pair:
    """Fetch every fact that can matter to a customer and an item, whatever the quantity and moment."""
    ware = _ware(book, asked.item)
    buyer = _buyer(book, asked)
    currency = asked.currency or buyer.currency
    country = asked.country or buyer.country
    parts: list[str] = []
    circle = Circle(
        values={**buyer.values, **ware.values, "L": tuple(buyer.chain), "K": asked.coupons},
        windows=buyer.windows,
        chain=buyer.chain,
        channel=buyer.channel,
        country=country,
        currency=currency,
        base_currency=buyer.company.currency,
    )
    parts += ["L" + code for code in buyer.chain] + ["K" + code for code in asked.coupons]
    rules, formula_rules = _rules(book, parts, circle)
    circle.rates = _rates(book, parts, circle, (*rules, *(rule for found in formula_rules.values() for rule in found)))
    steps = arranged(buyer.plan, rules, circle)
    lists = {code: _price_step(buyer, found, circle) for code, found in formula_rules.items()}
    factors = _factors(book, parts, ware, rules)
    facts = Facts(
        item=ware.item,
        circle=circle,
        steps=steps,
        lists=lists,
        taxes=_taxes(book, parts, ware, buyer, country),
        factors=factors,
        starts=starts_of((*steps, *lists.values()), ware.item.unit, factors),
        refusal=_refusal(ware, buyer),
    )
    facts.timed = _timed(facts)
    return Pair(tuple(parts), book.revision, book.revision, facts, currency, buyer, ware)


def _rules(book: Snapshot, parts: list[str], circle: Circle) -> tuple[list[Ready], dict[str, list[Ready]]]:
    """The rules under every key that could match, and those of the lists that formulas start from."""
    found = under(book, keys_of_shapes(book.shapes, circle.values))
    rules = [ready for facts in found.values() for ready in facts]
    by_list: dict[str, list[Ready]] = {}
    wanted = _formula_lists(rules)
    while wanted and len(by_list) < FORMULA_LISTS_MAX:
        code = wanted.pop()
        if code in by_list:
            continue
        if code in circle.chain:
            by_list[code] = [ready for ready in rules if ready.rule.list == code]
        else:
            listed: PriceList | None = one(book, parts, "price-lists", code)
            if listed is None:
                continue
            circle.chain = {**circle.chain, code: ListPlace(listed, None, 0, (ALWAYS,))}
            parts.append("L" + code)
            shapes = [shape for shape in book.shapes if "L" in shape]
            keyed = under(book, keys_of_shapes(shapes, {**circle.values, "L": (code,)}))
            by_list[code] = [ready for facts in keyed.values() for ready in facts]
        wanted |= _formula_lists(by_list[code])
    return rules, by_list


def _formula_lists(rules: Iterable[Ready]) -> set[str]:
    return {ready.rule.formula.list for ready in rules if ready.rule.formula is not None and ready.rule.formula.list}


def _price_step(buyer: Buyer, rules: list[Ready], circle: Circle) -> StepCandidates:
    """The candidates of one list alone, as a formula asks it."""
    steps = arranged(buyer.plan, rules, circle)
    return next(step for step in steps if step.plan.kind == "price")


def _rates(book: Snapshot, parts: list[str], circle: Circle, rules: Sequence[Ready]) -> dict[tuple[str, str], Any]:
    """The exchange rates that could be needed, as stated, either way round and over the base currency."""
    base, wanted = circle.base_currency, circle.currency
    currencies = {currency_of(ready.rule, circle) for ready in rules if ready.rule.action != "percent"} | {base}
    pairs = {pair for currency in currencies for pair in ((currency, wanted), (currency, base))} | {(base, wanted)}
    both = sorted({pair for one_way in pairs for pair in (one_way, one_way[::-1]) if pair[0] != pair[1]})
    if not both:
        return {}
    keys = {pair: rate_key(*pair) for pair in both}
    parts += keys.values()
    found = under(book, keys.values())
    return {pair: found[key] for pair, key in keys.items() if key in found}


def _taxes(book: Snapshot, parts: list[str], ware: Ware, buyer: Buyer, country: str | None) -> tuple[Tax, ...]:
    """The taxes that fit the item, the destination and the customer's status, the most fitting first."""
    keys = list(dict.fromkeys((tax_key(ware.item.tax_class, country), tax_key(ware.item.tax_class, None))))
    parts += keys
    own_country = country == buyer.country
    region, postcode = (buyer.region, buyer.postcode) if own_country else (None, None)
    fitting = [
        tax
        for taxes in under(book, keys).values()
        for tax in taxes
        if (tax.tax_status is None or tax.tax_status == buyer.tax_status)
        and (tax.region is None or tax.region == region)
        and (tax.postcode_from is None or (postcode is not None and tax.postcode_from <= postcode))
        and (tax.postcode_to is None or (postcode is not None and postcode <= tax.postcode_to))
    ]
    fitting.sort(key=lambda tax: tax.code)
    fitting.sort(key=lambda tax: (tax.valid_from is not None, tax.valid_from or EPOCH), reverse=True)
    return tuple(sorted(fitting, key=_fit))


def _fit(tax: Tax) -> tuple[bool, ...]:
    return (
        tax.country is None,
        tax.postcode_from is None and tax.postcode_to is None,
        tax.region is None,
        tax.tax_status is None,
    )


def _factors(book: Snapshot, parts: list[str], ware: Ware, rules: list[Ready]) -> dict[str, Decimal]:
    """How many of the item's own unit each unit in play holds."""
    item = ware.item
    factors = {packaging.unit: packaging.factor for packaging in item.packagings} | {item.unit: ONE}
    for unit in {ready.rule.unit for ready in rules if ready.rule.unit is not None} - set(factors):
        factor = _general_factor(book, parts, unit, item.unit)
        if factor is not None:
            factors[unit] = factor
    return factors


def _general_factor(book: Snapshot, parts: list[str], unit: str, own: str) -> Decimal | None:
    """How many of one unit another holds by what units are in general (a kilogram is 1000 grams)."""
    asked, held = _root(book, parts, unit), _root(book, parts, own)
    if asked is None or held is None or asked[0] != held[0]:
        return None
    return EXACT.divide(asked[1], held[1])


def _root(book: Snapshot, parts: list[str], code: str) -> tuple[str, Decimal] | None:
    factor = ONE
    for _ in range(8):
        unit: Unit | None = one(book, parts, "units", code)
        if unit is None or unit.of is None or unit.factor is None:
            return code, factor
        code, factor = unit.of, EXACT.multiply(factor, unit.factor)
    return None


def _add_unit(book: Snapshot, pair: Pair, unit: str) -> None:
    """Learn a unit that is asked for and that no packaging names.

    Errors:  Malformed when nothing says how many of the item's unit it holds.
    """
    facts, parts = pair.facts, list(pair.parts)
    factor = _general_factor(book, parts, unit, facts.item.unit)
    if factor is None:
        known = ", ".join(sorted(facts.factors))
        text = f"Item {facts.item.code!r} has no factor for the unit {unit!r}."
        raise malformed("unit", "unknown_unit", text, f"Ask in one of: {known}; or give the item a packaging.")
    pair.parts = tuple(parts)
    facts.factors[unit] = factor


def _refusal(ware: Ware, buyer: Buyer) -> str | None:
    """Why there can be no price at all for this pair."""
    if ware.item.status != "active":
        return f"item_{ware.item.status}"
    if not all(sells(assortment, ware) for assortment in buyer.assortments):
        return "not_in_assortment"
    return None


def _timed(facts: Facts) -> bool:
    """Whether anything in reach begins or ends at some time."""
    return (
        any(step.timed for step in (*facts.steps, *facts.lists.values()))
        or any(tax.valid_from or tax.valid_to for tax in facts.taxes)
        or any(rate.valid_from or rate.valid_to for rates in facts.circle.rates.values() for rate in rates)
    )
