"""A customer asks what an item costs: find the facts for the pair, let the core decide."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from listino.core.errors import NotFound, malformed
from listino.core.keys import code_key, keys_of_shapes
from listino.core.ladder import ladder, next_break
from listino.core.manual import placed
from listino.core.money import INTEGER_DIGITS_MAX, ONE
from listino.core.prior import NoPrior, Prior
from listino.core.question import Facts, NoPrice, Price, Question, UnitPrice
from listino.core.resolve import resolve
from listino.core.rules import Rule
from listino.core.told import Told, without_price
from listino.core.usage import subjects_of
from listino.db.ledger import used_up
from listino.db.snapshot import Company as Company
from listino.db.snapshot import Snapshot as Snapshot
from listino.db.snapshot import company as company
from listino.db.snapshot import snapshot as snapshot
from listino.db.snapshot import under
from listino.flows.circles import Buyer, Kept, gathered_buyer
from listino.flows.terms import Context, gathered_facts, general_factor
from listino.flows.wares import Ware, gathered_ware


@dataclass(slots=True)
class Asked:
    """A price question as the caller put it; what was left out is None.

    Units:   quantity not 0 (below: goods that come back), in `unit` (None: the item's own). Without `breaks`
             the next quantity break is not looked for. Not frozen, as the hot road makes one a request.
    Shapes:  usage: what is to count as used up, by subject; None: what the ledger holds. told: what the ERP says.
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
    breaks: bool = True
    manual: tuple[Rule, ...] = ()
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    delivery_at: datetime | None = None
    usage: Mapping[str, Decimal] | None = None
    told: Told | None = None


def line_of(context: Asked, item: str, quantity: Decimal, unit: str | None) -> Asked:
    """The question for one of many lines in a context; field by field, as `replace` costs more than a price's tax."""
    return Asked(
        item, context.at, context.customer, quantity, unit, context.channel, context.currency, context.country,
        context.ship_to, context.order_type, context.coupons, context.explain, context.ladder, context.breaks,
        context.manual, context.attributes, context.delivery_at, context.usage,
    )  # fmt: skip


@dataclass(slots=True)
class Answered:
    """A price or none, with the breaks around it, and the prior price where a reduction is shown.

    Shapes:  told: what the ERP told of it, where it is asked live.
    """

    price: Price | NoPrice
    facts: Facts
    next_break: tuple[Decimal, UnitPrice] | None
    ladder: tuple[tuple[Decimal, UnitPrice], ...] | None
    question: Question
    prior: Prior | NoPrior | None = None
    told: Told | None = None


class KeptPrior(NamedTuple):
    """What was found of a reduction, and from when until before when (None: without end) it is the same."""

    asked: tuple[object, ...]
    since: datetime
    until: datetime | None
    found: Prior | NoPrior | None


@dataclass(slots=True)
class Pair(Kept):
    """One customer and one item: the facts from which every quantity and moment can be answered.

    `alone` says that its price looks at no other line of a basket, and moves nothing there.
    """

    facts: Facts
    currency: str
    buyer: Buyer
    ware: Ware
    alone: bool
    prior: KeptPrior | None = None


def price(book: Snapshot, asked: Asked) -> Answered:
    """The answer to one price question, as of the snapshot's revision.

    Errors:  NotFound for an unknown item, customer or channel; Malformed for a unit without factor.
    """
    return price_of(book, pair_for(book, asked), asked)


def price_of(book: Snapshot, pair: Pair, asked: Asked) -> Answered:
    """The answer from the facts of a pair.

    Errors:  Malformed for a unit without factor.
    """
    facts = pair.facts
    question = question_for(book, pair, asked)
    outcome = outcome_of(question, facts)
    if asked.told is not None and asked.told.reason is not None:
        outcome = without_price(question, asked.told.reason)
    following = None
    rungs: tuple[tuple[Decimal, UnitPrice], ...] = ()
    # Of a break whose amounts are out of range no price is shown.
    with suppress(ArithmeticError):
        if (
            asked.breaks
            and outcome.quantity > 0
            and (facts.starts or facts.amounts or facts.contracts)
            and isinstance(outcome, Price)
        ):
            following = next_break(question, facts, outcome)
    with suppress(ArithmeticError):
        rungs = ladder(question, facts) if asked.ladder else ()
    return Answered(outcome, facts, following, rungs if asked.ladder else None, question, told=asked.told)


def question_for(book: Snapshot, pair: Pair, asked: Asked, usage: Mapping[str, Decimal] | None = None) -> Question:
    """What is asked of a pair, with every circumstance resolved to a value; `usage` stands for what is used up.

    Errors:  Malformed for a unit without factor, and for rules set by hand that mean nothing here.
    """
    facts = pair.facts
    unit = asked.unit or facts.item.unit
    if unit not in facts.factors:
        _add_unit(book, pair, unit)
    usage = asked.usage if usage is None else usage
    if facts.counted and usage is None:
        usage = used_up(book.reading.connection, subjects_of(facts, asked.customer))
    question = Question(
        asked.item, asked.customer, asked.quantity, unit, pair.currency, asked.at, facts.circle.channel,
        asked.order_type, asked.explain, (), asked.delivery_at, usage=usage,
    )  # fmt: skip
    if asked.manual:
        question.manual = placed(asked.manual, question, facts)
    return question


def outcome_of(question: Question, facts: Facts) -> Price | NoPrice:
    """The price, unless one of its amounts has more digits than are kept, or than can be worked with."""
    try:
        outcome = resolve(question, facts)
        if isinstance(outcome, NoPrice):
            return outcome
        amounts = outcome.net_price, outcome.gross_price, outcome.net, outcome.gross
        if not [1 for amount in amounts if amount is not None and amount.adjusted() >= INTEGER_DIGITS_MAX]:
            return outcome
    except ArithmeticError:
        pass
    return without_price(question, "amount_out_of_range")


def _pair_name(asked: Asked) -> tuple[object, ...]:
    return (
        asked.customer, asked.item, asked.channel, asked.currency, asked.country, asked.ship_to, asked.coupons,
        asked.attributes,
    )  # fmt: skip


def pair_for(book: Snapshot, asked: Asked) -> Pair:
    """The facts for a question's customer and item: remembered, or gathered now."""
    name = _pair_name(asked)
    pairs = book.cache.pairs
    pair: Pair | None = pairs.get(name)
    if pair is None or not _holds(pair, book) or not _holds(pair.buyer, book) or not _holds(pair.ware, book):
        pair = _gathered(book, asked)
        pairs.put(name, pair)
    return pair


def _holds(kept: Kept, book: Snapshot) -> bool:
    """Whether what was read at one revision is the same at the snapshot's."""
    revision = book.revision
    if kept.checked_at == revision:
        return kept.read_at <= revision
    if kept.read_at > revision:
        return False
    if kept.checked_at < revision:
        if book.cache.touched_since(kept.parts, kept.checked_at):
            return False
        kept.checked_at = revision
    return True


def buyer_for(book: Snapshot, asked: Asked) -> Buyer:
    """Everything around who asks: remembered, or gathered now.

    Errors:  NotFound for a customer or channel that does not exist.
    """
    parties = book.cache.parties
    name = (asked.customer, asked.channel, asked.ship_to)
    buyer: Buyer | None = parties.get(name)
    if buyer is None or not _holds(buyer, book):
        buyer = gathered_buyer(book, company(book.reading), asked.customer, asked.channel, asked.ship_to)
        parties.put(name, buyer)
    return buyer


def ware_for(book: Snapshot, code: str) -> Ware:
    """Everything around an item: remembered, or gathered now.

    Errors:  NotFound for an item that does not exist.
    """
    wares = book.cache.wares
    ware: Ware | None = wares.get(code)
    if ware is None or not _holds(ware, book):
        ware = gathered_ware(book, code)
        wares.put(code, ware)
    return ware


def parties_shared(book: Snapshot, other: Snapshot, asked: Asked, but: AbstractSet[str]) -> None:
    """Let another book have who asks and what is asked for as it is in this one, where none of `but` went into it."""
    buyer, ware = buyer_for(book, asked), ware_for(book, asked.item)
    if but.isdisjoint(buyer.parts):
        other.cache.parties.put((asked.customer, asked.channel, asked.ship_to), buyer)
    if but.isdisjoint(ware.parts):
        other.cache.wares.put(asked.item, ware)


def _gathered(book: Snapshot, asked: Asked) -> Pair:
    """Fetch every fact that can matter to a customer and an item, whatever the quantity and moment."""
    ware = ware_for(book, asked.item)
    buyer = buyer_for(book, asked)
    currency = asked.currency or buyer.currency
    country = asked.country or buyer.country
    context = Context(currency, country, asked.coupons, asked.attributes)
    facts, parts = gathered_facts(book, buyer, ware, context)
    basket_rules = [step for step in facts.steps if step.live and step.plan.kind == "basket"]
    alone = not (facts.measured or basket_rules) and buyer.tax_rounding == "rate"
    return Pair(parts, book.revision, book.revision, facts, currency, buyer, ware, alone)


def _add_unit(book: Snapshot, pair: Pair, unit: str) -> None:
    """Learn a unit that is asked for and that no packaging names.

    Errors:  Malformed when nothing says how many of the item's unit it holds.
    """
    facts, parts = pair.facts, list(pair.parts)
    factor = general_factor(book, parts, unit, facts.item.unit)
    if factor is None:
        known = ", ".join(sorted(facts.factors))
        text = f"Item {facts.item.code!r} has no factor for the unit {unit!r}."
        raise malformed("unit", "unknown_unit", text, f"Ask in one of: {known}; or give the item a packaging.")
    pair.parts = tuple(parts)
    facts.factors[unit] = factor


def prefetched(book: Snapshot, asked: Sequence[Asked]) -> None:
    """Fetch together what many questions will need, so that a batch costs few queries.

    What stands under the keys of all pairs that are not remembered is handed on with the snapshot.
    """
    if len(asked) < 2:
        return
    cold = [question for question in asked if book.cache.pairs.get(_pair_name(question)) is None]
    if not cold:
        return
    learned(book, [code_key("items", question.item) for question in cold])
    met: list[tuple[Buyer, Ware, tuple[str, ...]]] = []
    for question in cold:
        with suppress(NotFound):
            met.append((buyer_for(book, question), ware_for(book, question.item), question.coupons))
    values = ({**buyer.values, "K": coupons, **ware.values} for buyer, ware, coupons in met)
    learned(book, [key for known in values for key in keys_of_shapes(book.shapes, known)])


def learned(book: Snapshot, keys: Iterable[str]) -> None:
    """Fetch together what stands under keys, to be handed on with the snapshot."""
    wanted = dict.fromkeys(keys)
    found = under(book, wanted)
    book.known.update((key, found.get(key, ())) for key in wanted)
