"""The core alone: one line, three lists, three allowances, a tax, its candidates at hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, getcontext, setcontext

from bench.rows import Row, rounded
from bench.timing import interleaved_us
from listino.core.arrange import arranged
from listino.core.candidates import Circle, Grant, ListPlace
from listino.core.facts import Item, PriceList, Tax
from listino.core.money import EXACT, HUNDRED
from listino.core.question import Facts, Price, Question
from listino.core.ready import FOR_EVER, Ready
from listino.core.resolve import resolve
from listino.core.rules import Rule
from listino.core.scheme import planned
from listino.core.schemes import agreement_first

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
UNITS = 1_000
CPU_US_MAX = {"applied": 25.0, "all": 30.0}
# Where the bars were set, one percent step took so long; they are scaled by how fast this machine is.
STEP_US_AT_THE_BAR = 0.3


def facts() -> Facts:
    """The facts of one line as a wholesaler's customer has them."""
    rules = (
        Rule(code="P1", action="price", list="contract", item="I", value=Decimal("118.40")),
        Rule(code="P2", action="price", list="group", item="I", value=Decimal("121.00")),
        Rule(code="P3", action="price", list="base", item="I", value=Decimal("149.90")),
        Rule(code="D1", action="percent", customer="C", item_group="T", value=Decimal(12)),
        Rule(code="D2", action="percent", customer_group="G", item_group="T", value=Decimal(8)),
        Rule(code="D3", action="percent", step="customer_discount", customer_group="G", value=Decimal("2.5")),
        Rule(
            code="D4", action="percent", step="promotion", item_group="T", value=Decimal(5),
            valid_from=datetime(2026, 5, 1, tzinfo=UTC), valid_to=datetime(2026, 7, 1, tzinfo=UTC),
        ),
        Rule(code="D5", action="percent", step="promotion", brand="B", value=Decimal(3)),
    )  # fmt: skip
    chain = {
        name: ListPlace(PriceList(code=name, currency="EUR", decimals=2), (Grant(party, 0, FOR_EVER),))
        for name, party in (("contract", "customer"), ("group", "customer_group"), ("base", None))
    }
    values = {"C": ("C",), "G": ("G",), "I": ("I",), "T": ("T", "ALL"), "B": ("B",), "L": tuple(chain)}
    circle = Circle(values, {}, chain, None, "IT", "EUR", "EUR")
    steps = arranged(planned(agreement_first()), map(Ready, rules), circle)
    taxes = (Tax(code="VAT", percent=Decimal(22), country="IT"),)
    return Facts(Item(code="I"), circle, steps, {}, taxes, {"C62": Decimal(1)}, timed=True)


def rows() -> list[Row]:
    """How long one line takes, with the applied steps and with the rules not applied."""
    at_hand = facts()
    applied = Question("I", "C", Decimal(12), "C62", "EUR", AT)
    everything = replace(applied, explain="all")
    answer = resolve(everything, at_hand)
    if not isinstance(answer, Price) or (len(answer.steps), len(answer.not_applied)) != (5, 4):
        raise AssertionError(f"the line is not the one that is meant: {answer}")
    taken = interleaved_us(
        {"applied": _asking(applied, at_hand), "all": _asking(everything, at_hand), "step": percent_steps}
    )
    return [_row("core, one line, applied steps", "applied", taken), _row("core, rules not applied", "all", taken)]


def _row(name: str, explain: str, taken: dict[str, float]) -> Row:
    figure, step = taken[explain], taken["step"]
    bar = CPU_US_MAX[explain]
    return Row(
        name,
        f"{figure:.1f} us CPU",
        f"one Decimal percent step: {step:.2f} us",
        rounded(figure / step),
        f"<= {bar:.0f} us where a step takes {STEP_US_AT_THE_BAR} us",
        figure <= bar * max(1.0, step / STEP_US_AT_THE_BAR),
    )


def _asking(question: Question, at_hand: Facts) -> Callable[[], int]:
    def ask() -> int:
        for _ in range(UNITS):
            resolve(question, at_hand)
        return UNITS

    return ask


def percent_steps() -> int:
    """The yardstick: a percentage taken off an exact price, as every allowance does."""
    context = getcontext()
    setcontext(EXACT)
    price, percent = Decimal("118.40"), Decimal("12")
    for _ in range(UNITS):
        _step(price, percent)
    setcontext(context)
    return UNITS


def _step(price: Decimal, percent: Decimal) -> Decimal:
    return price - price * percent / HUNDRED
