"""A customer asks what many items cost that are bought together: find all facts, let the core decide once."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from listino.core.basket import BasketLine, BasketPrice, BasketQuestion, gifts_wanted, priced_basket
from listino.core.basket_question import PricedLine
from listino.core.candidates import every_step
from listino.core.errors import Malformed, NotFound, Refused, malformed
from listino.core.explain import no_price_text
from listino.core.ladder import next_break
from listino.core.manual import said_of
from listino.core.money import INTEGER_DIGITS_MAX, ONE
from listino.core.question import Facts, Price
from listino.core.usage import subjects_of
from listino.db.ledger import used_up
from listino.db.snapshot import Snapshot
from listino.flows.price import Answered, Asked, buyer_for, line_of, pair_for, prefetched, question_for

NOTHING_USED: Mapping[str, Decimal] = {}


@dataclass(slots=True)
class Basket:
    """What lines come to together.

    Shapes:  lines: one for each that was asked, in their order: what was found of it, or its error; usage:
             by subject what was used up as it was priced; counted: whether that could matter.
    """

    lines: tuple["LineFound | Refused", ...]
    price: BasketPrice
    usage: Mapping[str, Decimal]
    counted: bool


@dataclass(slots=True)
class LineFound:
    """A line of a basket: its price by itself with the facts, and what the basket makes of it."""

    answered: Answered
    priced: PricedLine


def basket(
    book: Snapshot, context: Asked, asked: Sequence[Asked | Refused], not_given: Collection[str] = ()
) -> Basket:  # a question, the world that it is asked of, and what of this is not there
    """Lines priced together, as of the snapshot's revision; a line that cannot be priced is left out with its error.

    Shapes:  not_given: items that no offer adds, whatever it says.
    Errors:  NotFound for an unknown customer or channel; Malformed where amounts have too many digits.
    """
    prefetched(book, [one for one in asked if isinstance(one, Asked)])
    buyer = buyer_for(book, context)
    names = _names(asked)
    found = [
        one if isinstance(one, Refused) else _line(book, name, one) for name, one in zip(names, asked, strict=True)
    ]
    lines = tuple(one for one in found if isinstance(one, BasketLine))
    gifts = _gifts(book, context, gifts_wanted(lines).difference(not_given))
    every = [*lines, *gifts.values()]
    usage = context.usage if context.usage is not None else _used(book, context.customer, every)
    for line in every:
        line.question.usage = usage
    price = _priced(BasketQuestion(
        lines=lines,
        currency=context.currency or buyer.currency,
        at=context.at,
        coupons=context.coupons,
        tax_rounding=buyer.tax_rounding,
        gifts=gifts,
        usage=usage,
        explain=context.explain,
    ))  # fmt: skip
    answers = iter(
        LineFound(_answered(context, line, priced), priced) for line, priced in zip(lines, price.lines, strict=True)
    )
    in_place = tuple(one if isinstance(one, Refused) else next(answers) for one in found)
    return Basket(in_place, price, usage, any(line.facts.counted for line in every))


def _names(asked: Sequence[Asked | Refused]) -> list[str]:
    """A name for each line by what it asks for, so that the order in which lines come changes nothing."""
    places = sorted(range(len(asked)), key=lambda index: _content(asked[index]))
    ranks = {place: rank for rank, place in enumerate(places)}
    return [f"{ranks[index]:04}" for index in range(len(asked))]


def _content(asked: Asked | Refused) -> tuple[str, Decimal, str, list[list[tuple[str, str]]]]:
    if isinstance(asked, Refused):
        return ("", ONE, "", [])
    manual = [sorted(said_of(rule).items()) for rule in asked.manual]
    return (asked.item, asked.quantity, asked.unit or "", manual)


def _line(book: Snapshot, id: str, asked: Asked) -> BasketLine | Refused:
    """A line with its facts, or why there is none. What is used up is looked for later, for all lines at once."""
    if asked.told is not None and asked.told.reason is not None:
        return NotFound(asked.told.reason, no_price_text(asked.told.reason))
    try:
        pair = pair_for(book, asked)
        return BasketLine(id, question_for(book, pair, asked, NOTHING_USED), pair.facts)
    except NotFound as error:
        if error.code != "unknown_item":
            raise  # An unknown customer or channel is the whole basket's fault.
        return error
    except Malformed as error:
        return error


def _gifts(book: Snapshot, context: Asked, wanted: Collection[str]) -> dict[str, BasketLine]:
    """One unit of each item that an offer could add; an item that is not there is not given."""
    found = {code: _line(book, code, line_of(context, code, ONE, None)) for code in sorted(wanted)}
    return {code: line for code, line in found.items() if isinstance(line, BasketLine)}


def _used(book: Snapshot, customer: str | None, lines: Sequence[BasketLine]) -> dict[str, Decimal]:
    counted = (line.facts for line in lines if line.facts.counted)
    subjects = dict.fromkeys(subject for facts in counted for subject in subjects_of(facts, customer))
    return used_up(book.reading.connection, list(subjects)) if subjects else {}


def _priced(question: BasketQuestion) -> BasketPrice:
    """The core's answer, unless it has more digits than are kept, or than can be worked with."""
    try:
        price = priced_basket(question)
        totals = price.totals
        if all(amount is None or amount.adjusted() < INTEGER_DIGITS_MAX for amount in (totals.net, totals.gross)):
            return price
    except ArithmeticError:
        pass
    text = "The amounts of this basket have more digits than are kept."
    raise malformed("lines", "amount_out_of_range", text, "Ask for less at once.")


def _answered(context: Asked, line: BasketLine, priced: PricedLine) -> Answered:
    """A line's price; its next break only where nothing but its own quantity moves it."""
    facts, price, following = line.facts, priced.price, None
    if context.breaks and facts.starts and isinstance(price, Price) and not _looks_around(facts):
        with suppress(ArithmeticError):
            following = next_break(line.question, facts, price)
    return Answered(price, facts, following, None, line.question)


def _looks_around(facts: Facts) -> bool:
    """Whether a line's price may depend on the lines beside it."""
    own = (step for step in every_step((*facts.steps, *facts.lists.values())) if step.plan.kind != "basket")
    rules = (one.rule for step in own for one in step.live)
    return any(
        (rule.scale is not None and rule.scale.by != "line") or any(need.by != "line" for need in rule.requires)
        for rule in rules
    )
