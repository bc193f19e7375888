"""One asker, many items: what all of them share is looked for once. The prices are those of `flows.price`."""

from collections.abc import Iterator, Sequence
from itertools import product

from listino.core.keys import SEPARATOR, code_key
from listino.core.question import NoPrice, Price, Question
from listino.core.ready import Ready
from listino.db.snapshot import Snapshot, under
from listino.flows.circles import Buyer
from listino.flows.price import Asked, Pair, buyer_for, learned, line_of, outcome_of, question_for, ware_for
from listino.flows.terms import Context, gathered_facts
from listino.flows.wares import Ware

# By which parts of its key a rule names goods; those of one item alone are looked for item by item.
GOODS = "IVTBZ"
OWN = frozenset("IV")

# What stands in a rule's key before the parts that name goods, and behind them.
Frame = tuple[str, str]


class ManyItems:
    """The prices of one asker for many items, as of one snapshot; nothing of it is remembered for others."""

    def __init__(self, book: Snapshot, context: Asked) -> None:
        """What is asked for every item: who, where and when.

        Errors:  NotFound for a customer or channel that does not exist.
        """
        self._book, self._context = book, context
        self.buyer = buyer_for(book, context)
        self._frames = _frames(book.shapes, self.buyer)
        self._shared: dict[str, tuple[Ready, ...]] = {}
        self._terms = Context(
            context.currency or self.buyer.currency, context.country or self.buyer.country, context.coupons
        )

    def outcomes(self, codes: Sequence[str]) -> Iterator[tuple[Question, Pair, Price | NoPrice]]:
        """The price of one of each item, in its own unit, with the question and the facts that it was found from."""
        book = self._book
        book.known.clear()
        learned(book, [code_key("items", code) for code in codes])
        wares = [ware_for(book, code) for code in codes]
        for ware, rules in zip(wares, self._rules(wares), strict=True):
            code = ware.item.code
            facts, parts = gathered_facts(book, self.buyer, ware, self._terms, rules=rules)
            pair = Pair(parts, book.revision, book.revision, facts, self._terms.currency, self.buyer, ware, False)
            asked = line_of(self._context, code, self._context.quantity, None)
            question = question_for(book, pair, asked)
            yield question, pair, outcome_of(question, facts)

    def _rules(self, wares: Sequence[Ware]) -> list[list[Ready]]:
        """The rules that could matter, item by item: under the same keys as for one item alone."""
        frames, shared = self._frames, self._shared
        middles = [[middle for letters in frames for middle in _middles(letters, ware)] for ware in wares]
        wanted = {middle: letters for of_one in middles for letters, middle in of_one if middle not in shared}
        keys = [before + middle + behind for middle, letters in wanted.items() for before, behind in frames[letters]]
        found = under(self._book, keys)
        own: dict[str, tuple[Ready, ...]] = {}
        for middle, letters in wanted.items():
            of_frames = [found.get(before + middle + behind, ()) for before, behind in frames[letters]]
            known = own if not OWN.isdisjoint(letters) else shared
            known[middle] = tuple([ready for rules in of_frames for ready in rules])
        return [
            [ready for _, middle in of_one for ready in (own.get(middle) or shared.get(middle) or ())]
            for of_one in middles
        ]


def _frames(shapes: Sequence[str], buyer: Buyer) -> dict[str, list[Frame]]:
    """The shapes of keys in use, filled with the asker's codes, by the letters of the goods that they name."""
    frames: dict[str, list[Frame]] = {}
    for shape in shapes:
        goods = "".join(letter for letter in shape if letter in GOODS)
        before, _, behind = shape.partition(goods) if goods else (shape, "", "")
        sides = [
            [[letter + code for code in buyer.values.get(letter, ())] for letter in side] for side in (before, behind)
        ]
        for first in product(*sides[0]):
            for last in product(*sides[1]):
                start = SEPARATOR.join([*first, ""]) if goods else SEPARATOR.join(first)
                frames.setdefault(goods, []).append((start, SEPARATOR.join(["", *last])))
    return frames


def _middles(letters: str, ware: Ware) -> Iterator[tuple[str, str]]:
    """The parts of keys that name an item as these letters do, each with the letters."""
    if len(letters) == 1:
        for code in ware.values.get(letters, ()):
            yield letters, letters + code
    else:
        for parts in product(*([letter + code for code in ware.values.get(letter, ())] for letter in letters)):
            yield letters, SEPARATOR.join(parts)
