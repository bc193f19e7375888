"""On which terms a pair meets: the rules, rates, taxes and units that can matter to one customer and one item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from listino.core.arrange import arranged, currency_of
from listino.core.breaks import amount_breaks, starts_of
from listino.core.candidates import NOT_LISTED, Circle, ListPlace, StepCandidates, price_steps
from listino.core.changes import could_change
from listino.core.facts import Contract, Item, PriceList, Quotation, Rate, Tax, Unit
from listino.core.keys import keys_of_shapes, rate_key, tax_key
from listino.core.money import EXACT, ONE
from listino.core.prior import announced_among
from listino.core.question import Facts
from listino.core.ready import EPOCH, FOR_EVER, Ready
from listino.core.rules import Rule
from listino.core.windows import Window
from listino.db.snapshot import Snapshot, under
from listino.flows.circles import Buyer, Held, one
from listino.flows.special import contracts_of, quotations_of
from listino.flows.wares import Ware, holds_item

# Price lists that are formulas over further lists are followed so far.
FORMULA_LISTS_MAX = 16
# A unit may be a multiple of another, and that of a third, so far.
UNIT_STEPS_MAX = 8


NO_ATTRIBUTES: Mapping[str, tuple[str, ...]] = MappingProxyType({})
NO_RATES: Mapping[tuple[str, str], tuple[Rate, ...]] = MappingProxyType({})


@dataclass(slots=True)
class Context:
    """What of a question, beside who and what, decides which facts can matter."""

    currency: str
    country: str | None
    coupons: tuple[str, ...]
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()


def gathered_facts(
    book: Snapshot, buyer: Buyer, ware: Ware, context: Context, *, rules: list[Ready] | None = None
) -> tuple[Facts, tuple[str, ...]]:
    """Every fact that can matter, whatever the quantity and moment; and the parts of keys that were looked at.

    `rules` are those under every key that could match, where they have been found already.
    """
    parts = ["K" + code for code in context.coupons]
    values = {**buyer.values, **ware.values, "K": context.coupons}
    circle = Circle(
        values, buyer.windows, buyer.chain, buyer.channel, context.country, context.currency, buyer.company.currency,
        NO_RATES, ware.heights, _attributes(buyer, ware, context), buyer.final, buyer.moded, buyer.money_mode,
    )  # fmt: skip
    if rules is None:
        found = under(book, keys_of_shapes(book.shapes, circle.values))
        rules = [ready for facts in found.values() for ready in facts]
    formula_rules = _of_formulas(book, parts, circle, (rules, buyer.plan.sources))
    in_reach = [*rules, *(ready for found in formula_rules.values() for ready in found)] if formula_rules else rules
    unusual = [ready for ready in in_reach if not ready.usual]
    special = [ready.rule for ready in unusual if not ready.plain or ready.by_more]
    quotations = quotations_of(book, parts, special) if special else {}
    contracts = contracts_of(book, parts, special, values) if special else {}
    circle.rates = _rates(book, parts, circle, in_reach, _further_currencies(ware.item, quotations, contracts))
    steps = arranged(buyer.plan, rules, circle)
    lists = {code: _price_step(buyer, found, circle, code) for code, found in formula_rules.items()}
    busy = [step for step in (*steps, *lists.values()) if step.live or step.chains]
    factors = _factors(book, parts, ware, unusual)
    facts = Facts(
        ware.item, circle, steps, lists, _taxes(book, parts, ware.item.tax_class, buyer, context.country), factors,
        starts_of(busy, ware.item.unit, factors, ware.item.weight), _refusal(ware, buyer),
        announced=announced_among(in_reach, circle.chain), contracts=contracts, quotations=quotations,
        measured=bool(special) or buyer.plan.by_step, sellings=_sellings(ware, buyer),
    )  # fmt: skip
    if special:
        _add_special(book, parts, facts, special, (buyer, context.country))
    facts.timed = could_change(facts)
    return facts, tuple(parts)


def _add_special(
    book: Snapshot, parts: list[str], facts: Facts, rules: Sequence[Rule], place: tuple[Buyer, str | None]
) -> None:
    """What rules need that measure more than the line, follow a quotation or stand on lines of their own."""
    buyer, country = place
    own = {rule.own_line.tax_class for rule in rules if rule.own_line is not None}
    classes = sorted(name for name in own if name is not None)
    facts.own_taxes = {name: _taxes(book, parts, name, buyer, country) for name in classes}
    facts.counted = bool(facts.contracts) or any(rule.caps is not None for rule in rules)
    facts.amounts = amount_breaks(facts.steps)


def _attributes(buyer: Buyer, ware: Ware, context: Context) -> Mapping[str, tuple[str, ...]]:
    """What of attributes holds: those of who asks and of what is asked for; what the question says comes first."""
    if not (buyer.attributes or ware.attributes or context.attributes):
        return NO_ATTRIBUTES
    held = dict(buyer.attributes)
    for name, values in ware.attributes.items():
        held[name] = (*held.get(name, ()), *values)
    return held | dict(context.attributes)


def _of_formulas(
    book: Snapshot, parts: list[str], circle: Circle, of: tuple[list[Ready], tuple[str, ...]]
) -> dict[str, list[Ready]]:
    """The rules of the lists from which formulas of a pair's rules start, or steps of the plan."""
    rules, sources = of
    by_list: dict[str, list[Ready]] = {}
    wanted = [*sources, *_formula_lists(rules)]
    while wanted and len(by_list) < FORMULA_LISTS_MAX:
        code = wanted.pop(0)
        if code in by_list:
            continue
        if code in circle.chain:
            by_list[code] = [ready for ready in rules if ready.rule.list == code]
        else:
            listed: PriceList | None = one(book, parts, "price-lists", code)
            if listed is None:
                continue
            circle.chain = {**circle.chain, code: ListPlace(listed, NOT_LISTED)}
            parts.append("L" + code)
            shapes = [shape for shape in book.shapes if "L" in shape]
            keyed = under(book, keys_of_shapes(shapes, {**circle.values, "L": (code,)}))
            by_list[code] = [ready for facts in keyed.values() for ready in facts]
        wanted += _formula_lists(by_list[code])
    return by_list


def _formula_lists(rules: Sequence[Ready]) -> list[str]:
    return sorted({ready.source for ready in rules if not ready.usual and ready.source is not None})


def _price_step(buyer: Buyer, rules: list[Ready], circle: Circle, code: str) -> StepCandidates:
    """The candidates of one list alone, as a formula asks it: whomever and whenever it is assigned to."""
    alone = replace(circle, chain={**circle.chain, code: ListPlace(circle.chain[code].list, NOT_LISTED)})
    steps = arranged(buyer.plan, rules, alone)
    return next(price_steps(steps))


def _further_currencies(
    item: Item, quotations: Mapping[str, tuple[Quotation, ...]], contracts: Mapping[str, Contract]
) -> set[str]:
    """The currencies of an item's cost and price attributes, of quotations and contracts, beside those of rules."""
    found = [item.cost_currency, *[attribute.currency for attribute in item.price_attributes]]
    found += [quoted.currency for named in quotations.values() for quoted in named]
    found += [contract.currency for contract in contracts.values()]
    return {currency for currency in found if currency is not None}


def _rates(
    book: Snapshot, parts: list[str], circle: Circle, rules: Sequence[Ready], further: set[str]
) -> dict[tuple[str, str], tuple[Rate, ...]]:
    """The exchange rates that could be needed by rules and for further currencies."""
    currencies = {
        currency_of(ready.rule, circle) for ready in rules if ready.in_money or not ready.plain or ready.by_more
    }
    return rates_between(book, parts, circle, currencies | further if further else currencies)


def rates_between(
    book: Snapshot, parts: list[str], circle: Circle, currencies: set[str]
) -> dict[tuple[str, str], tuple[Rate, ...]]:
    """The rates between currencies and the question's, as stated, either way round and over the base currency."""
    base, wanted = circle.base_currency, circle.currency
    if base == wanted and currencies <= {wanted}:
        return {}
    pairs = {pair for currency in (*currencies, base) for pair in ((currency, wanted), (currency, base))}
    both = sorted({pair for one_way in pairs for pair in (one_way, one_way[::-1]) if pair[0] != pair[1]})
    if not both:
        return {}
    keys = {pair: rate_key(*pair) for pair in both}
    parts += keys.values()
    found = under(book, keys.values())
    return {pair: found[key] for pair, key in keys.items() if key in found}


def _taxes(book: Snapshot, parts: list[str], tax_class: str, buyer: Buyer, country: str | None) -> tuple[Tax, ...]:
    """The taxes that fit a class, the destination and the customer's status, the most fitting first."""
    keys = (tax_key(tax_class, country), tax_key(tax_class, None))
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
    if len(fitting) > 1:
        fitting.sort(key=lambda tax: tax.code)
        fitting.sort(key=lambda tax: (tax.valid_from is not None, tax.valid_from or EPOCH), reverse=True)
        fitting.sort(key=_fit)
    return tuple(fitting)


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
    factors = {item.unit: ONE}
    for packaging in item.packagings:
        factors.setdefault(packaging.unit, packaging.factor)
    if not rules:
        return factors
    units = [ready.rule.unit for ready in rules]
    units += [requirement.unit for ready in rules for requirement in ready.rule.requires]
    for unit in units:
        if unit is None or unit in factors:
            continue
        factor = general_factor(book, parts, unit, item.unit)
        if factor is not None:
            factors[unit] = factor
    return factors


def general_factor(book: Snapshot, parts: list[str], unit: str, own: str) -> Decimal | None:
    """How many of one unit another holds by what units are in general (a kilogram is 1000 grams)."""
    asked, held = _root(book, parts, unit), _root(book, parts, own)
    if asked is None or held is None or asked[0] != held[0]:
        return None
    return EXACT.divide(asked[1], held[1])


def _root(book: Snapshot, parts: list[str], code: str) -> tuple[str, Decimal] | None:
    factor = ONE
    for _ in range(UNIT_STEPS_MAX):
        unit: Unit | None = one(book, parts, "units", code)
        if unit is None or unit.of is None or unit.factor is None:
            return code, factor
        code, factor = unit.of, EXACT.multiply(factor, unit.factor)
    return None


def _refusal(ware: Ware, buyer: Buyer) -> str | None:
    """Why there can be no price at all for this pair."""
    if ware.item.status != "active":
        return f"item_{ware.item.status}"
    if not buyer.assortments:
        return None
    sold = all(holds_item(chain[0][0], ware.values) for chain in buyer.assortments if chain and _is_fixed(chain))
    return None if sold else "not_in_assortment"


def _is_fixed(chain: tuple[Held, ...]) -> bool:
    """Whether the same assortment counts at all times."""
    return chain[0][1] == FOR_EVER


def _sellings(ware: Ware, buyer: Buyer) -> tuple[tuple[tuple[Window, ...], bool], ...]:
    """For assortments that come and go with a group: when each of them counts, and whether the item is in it."""
    if not buyer.assortments:
        return ()
    return tuple(
        (held, holds_item(assortment, ware.values))
        for chain in buyer.assortments
        if chain and not _is_fixed(chain)
        for assortment, held in chain
    )
