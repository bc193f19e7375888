"""Whether the answers over the big book are those of a resolver that walks every fact."""

from collections.abc import Iterable
from itertools import product
from typing import Any

from bench.book import MILLION, frame
from bench.questions import distinct, drawn
from bench.rows import Row
from listino.core.facts import Fact
from listino.core.question import NoPrice, Price
from listino.db.codec import fact_of, kind_of_key
from listino.db.engine import Database
from listino.db.snapshot import snapshot
from listino.flows.price import price
from tests.naive import naive_price
from tests.naive_reach import Ask, Reach
from tests.naive_told import Told

RESULTS = 1_000
SEPARATOR = "\x1f"


def rows(url: str) -> list[Row]:
    """How many of a thousand answers are the naive resolver's, on the facts that concern each."""
    database = Database(url)
    questions = {(one.customer, one.item, one.quantity): one for one in drawn(distinct(MILLION), 20 * RESULTS)}
    few = list(frame())
    equal = 0
    for question in list(questions.values())[:RESULTS]:
        ask = Ask(question.item, question.at, question.customer, question.quantity)
        naive = naive_price(_concerned(database, few, ask), ask)
        equal += _same(price(snapshot(database), question).price, naive)
    database.close()
    return [
        Row(
            "results equal to a naive resolver's", f"{equal:,}", f"{RESULTS:,} questions", equal / RESULTS, "all",
            equal == RESULTS,
        )
    ]  # fmt: skip


def _same(answer: Price | NoPrice, naive: Told) -> bool:
    if isinstance(answer, NoPrice):
        return answer.reason == naive.reason
    ours = (answer.net_price, answer.gross_price, answer.per, answer.net, answer.tax, answer.gross)
    theirs = (naive.net_price, naive.gross_price, naive.per, naive.net, naive.tax, naive.gross)
    return ours == theirs and [(step[0], step[2], step[6]) for step in answer.steps] == naive.steps


def _concerned(database: Database, few: list[Fact], ask: Ask) -> list[Fact]:
    """The facts that name only what the question has, read by plain keys and without the product's ways."""
    named = _read(database, [f"items{SEPARATOR}{ask.item}", f"customers{SEPARATOR}{ask.customer}"])
    customer: Any = next(fact for fact in named if fact.code == ask.customer)
    own = {customer.account, *customer.customer_groups}
    around = [fact for fact in few if _is_around(fact, own)]
    reach = Reach([*named, *around], ask, "EUR", "IT")
    parties = [f"C{ask.customer}", f"A{customer.account}", *(f"G{group}" for group in customer.customer_groups)]
    wares = [f"I{ask.item}", *(f"T{group}" for group in reach.heights), f"B{reach.brand}"]
    brands = [f"T{group}{SEPARATOR}B{reach.brand}" for group in reach.heights]
    lists = [f"L{code}" for code in reach.lists]
    keys = [SEPARATOR.join(parts) for parts in (*product(parties, wares), *product(wares, lists))]
    return [*named, *around, *_read(database, [*keys, *parties, *wares, *brands])]


def _is_around(fact: Any, own: set[str]) -> bool:
    """Whether one of the few facts can concern a customer: not those of other accounts and groups."""
    parties = {getattr(fact, "account", None), getattr(fact, "customer_group", None)} - {None}
    return parties <= own and (type(fact).__name__ not in {"Account", "CustomerGroup"} or fact.code in own)


def _read(database: Database, keys: Iterable[str]) -> list[Fact]:
    wanted = list(keys)
    places = ",".join("?" * len(wanted))
    found = database.read().connection.execute(f"SELECT key, body FROM fact WHERE key IN ({places})", wanted)
    return [fact_of(kind_of_key(key), body) for key, body in found]
