"""A change set that is only tried: read and checked like one that is to be kept, and laid over the book."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from listino.core.errors import malformed
from listino.core.keys import SEPARATOR, code_key, is_rule_key, keys_of_shapes, shape_of
from listino.db.book import Change
from listino.db.codec import fact_of, kind_of_key
from listino.db.draft import Draft, drafted
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, first_under, snapshot
from listino.flows.facts import Stated, Zones, read_all
from listino.flows.import_ import Progress, opened_tables, rows_of, silent
from listino.flows.patterns import Run
from listino.flows.price import Asked, buyer_for, pair_for, question_for, ware_for
from listino.flows.report import BadRows
from listino.flows.rows import RowReader
from listino.flows.tables import Options

# A draft is held in memory whole.
CHANGES_MAX = 100_000
# Kinds of facts that are looked at for a customer or an item alone: whom they touch is seen without their prices.
OF_PARTIES_AND_GOODS = frozenset(
    ["items", "item-groups", "brands", "customers", "accounts", "customer-groups", "channels", "price-lists",
     "assignments", "assortments", "schemes"]
)  # fmt: skip


def stated_draft(book: Snapshot, stated: Iterable[Stated]) -> Draft:
    """The draft that changes make of a book, each read as it would be kept.

    Errors:  Malformed, NotFound, Conflict, each naming record and field, as of a change set that is kept.
    """
    changes = list(islice(stated, CHANGES_MAX + 1))
    if not changes:
        raise malformed("changes", "missing", "There are no changes.", "Send what is to be tried.")
    if len(changes) > CHANGES_MAX:
        text = f"A draft holds {CHANGES_MAX} changes, no more."
        raise malformed("changes", "too_many", text, "Try a part of them: one group, one list.")
    return drafted(book, [ready.change for ready in read_all(changes, Zones(book))])


def changes_of(
    database: Database, files: Sequence[Path], options: Options, progress: Progress = silent
) -> tuple[list[Change], BadRows]:
    """The changes that files state, read as an import reads them; and all that is wrong with their rows."""
    bad = BadRows()
    tables = opened_tables(files, options, bad)
    changes: list[Change] = []
    if bad.rows:
        return changes, bad
    for _, row in rows_of(tables, RowReader(Zones(snapshot(database))), progress):
        if isinstance(row, Run):
            changes += [Change("rules", code, fact_of("rules", body)) for _, _, _, code, _, body, _, _ in row.rows]
        else:
            _, _, wrong, ready, _ = row
            if ready is not None:
                changes.append(ready.change)
            elif wrong:
                bad.add_row(wrong)
        if len(changes) > CHANGES_MAX:
            text = f"A draft holds {CHANGES_MAX} changes, no more."
            raise malformed("file", "too_many", text, "Try a part of them: one group, one list.")
    return changes, bad


class Reach:
    """Which questions a draft can concern; all others have the same price with it as without.

    What a draft touches is looked for as the process's cache does it: among the parts that a customer, an
    item or a pair was gathered from, and among the keys under which rules were looked for.
    """

    def __init__(self, book: Snapshot, draft: Draft) -> None:
        self._book = book
        keys = {key for key in draft.touched if is_rule_key(key)}
        # The keys that are not of rules: of parties, goods, lists, taxes and the like.
        self.named = draft.touched - keys
        self._keys = keys
        self._shapes = sorted({shape_of(key) for key in keys})
        self._of_pairs = any(kind_of_key(key) not in OF_PARTIES_AND_GOODS for key in self.named)
        lists = {key.partition(SEPARATOR)[2] for key in self.named if kind_of_key(key) == "price-lists"}
        lists |= {part[1:] for key in keys for part in key.split(SEPARATOR) if part[:1] == "L"}
        # What is new is the source of no formula yet.
        self._lists = {code for code in lists if first_under(book, code_key("price-lists", code)) is not None}
        # Whether it takes the facts of customer and item together to tell: worth fetching those of many at once.
        self.looks_at_pairs = self._of_pairs or bool(self._lists)

    def concerns(self, asked: Asked) -> bool:
        """Whether a question's answer could be another with the draft.

        Errors:  NotFound for an unknown customer, channel or item.
        """
        buyer, ware = buyer_for(self._book, asked), ware_for(self._book, asked.item)
        if not (self.named.isdisjoint(buyer.parts) and self.named.isdisjoint(ware.parts)):
            return True
        values = {**buyer.values, **ware.values, "K": asked.coupons}
        if not self._keys.isdisjoint(keys_of_shapes(self._shapes, values)):
            return True
        # A list that is not the customer's own may still be what one of its prices is a formula over.
        sources = self._lists.difference(buyer.chain)
        if not (self._of_pairs or sources):
            return False
        pair = pair_for(self._book, asked)
        question_for(self._book, pair, asked)
        return not self.named.isdisjoint(pair.parts) or not sources.isdisjoint(_lists_in(pair.parts))


def _lists_in(parts: Iterable[str]) -> Iterator[str]:
    return (part[1:] for part in parts if part[:1] == "L")
