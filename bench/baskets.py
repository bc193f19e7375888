"""A basket of many lines with many basket rules, priced by the core from candidates at hand."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from bench.core import percent_steps
from bench.rows import Row, rounded
from bench.timing import interleaved_us
from listino.core.arrange import arranged
from listino.core.basket import BasketLine, BasketQuestion, gifts_wanted, priced_basket
from listino.core.candidates import Circle, Grant, ListPlace
from listino.core.facts import Item, PriceList, Tax
from listino.core.question import Facts, Question
from listino.core.ready import FOR_EVER, Ready
from listino.core.rules import Offer, OwnLine, Requirement, Rule, Scale, Tier
from listino.core.scheme import Plan, planned
from listino.core.schemes import agreement_first

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
LINES = 50
GROUPS = 5
CPU_MS_MAX = 5.0
STEP_US_AT_THE_BAR = 0.3


def basket_rules() -> tuple[Rule, ...]:
    """Twenty rules of the basket as a wholesaler of drinks has them."""
    three_for_two = Offer(quantity_from=Decimal(3), quantity=Decimal(1))
    gift = Offer(item="GIFT", quantity=Decimal(1), quantity_from=Decimal(12))
    freight = Scale(
        measure="weight", by="order", tiers=tuple(Tier(from_=Decimal(at), value=Decimal(at) / 2) for at in (0, 50, 500))
    )
    return (
        *(Rule(code=f"O{group}", action="bundle", item_group=f"T{group}", offer=three_for_two) for group in range(4)),
        *(Rule(code=f"F{group}", action="free_goods", item_group=f"T{group}", offer=gift) for group in range(4)),
        *(
            Rule(
                code=f"D{step}", action="percent", step="order_discount", value=Decimal(step),
                requires=(Requirement(measure="amount", by="order", from_=Decimal(500 * step)),),
            )
            for step in range(1, 7)
        ),
        *(
            Rule(code=f"C{group}", action="amount", item_group=f"T{group}", value=Decimal("1.50"),
                 own_line=OwnLine(per="order", tax_class="standard"))
            for group in range(5)
        ),
        Rule(code="FREIGHT", action="amount", scale=freight, own_line=OwnLine(per="order", tax_class="standard")),
    )  # fmt: skip


def basket(explain: str = "applied") -> BasketQuestion:
    """Fifty lines of five groups, each with two prices and two discounts."""
    plan = planned(agreement_first())
    rules = [
        *(Rule(code=f"P{line}", action="price", list="base", item=f"I{line}", value=Decimal(line + 4) / 3)
          for line in range(LINES)),
        Rule(code="L1", action="percent", customer="C", item_group="T1", value=Decimal(12)),
        Rule(code="L2", action="percent", step="promotion", value=Decimal(3)),
        *basket_rules(),
    ]  # fmt: skip
    ready = [Ready(rule) for rule in rules]
    lines = tuple(_line(index, ready, plan, explain) for index in range(LINES))
    gift = _line(LINES, ready, plan, explain, "GIFT")
    question = BasketQuestion(lines=lines, currency="EUR", at=AT, customer="C", explain=explain)
    question.gifts = dict.fromkeys(gifts_wanted(lines), gift)
    return question


def _line(index: int, ready: list[Ready], plan: Plan, explain: str, item: str | None = None) -> BasketLine:
    code = item or f"I{index}"
    group = f"T{index % GROUPS}"
    chain = {"base": ListPlace(PriceList(code="base", currency="EUR", decimals=2), (Grant(None, 0, FOR_EVER),))}
    circle = Circle({"C": ("C",), "I": (code,), "T": (group,), "L": ("base",)}, {}, chain, None, "IT", "EUR", "EUR")
    own = [
        one for one in ready
        if one.rule.item in (None, code) and one.rule.item_group in (None, group)
    ]  # fmt: skip
    tax = (Tax(code="VAT", percent=Decimal(22 if index % 2 else 10), country="IT"),)
    facts = Facts(
        Item(code=code, weight=Decimal("0.75")), circle, arranged(plan, own, circle), {}, tax, {"C62": Decimal(1)},
        timed=True, own_taxes={"standard": tax},
    )  # fmt: skip
    question = Question(code, "C", Decimal(3 + index % 7), "C62", "EUR", AT, explain=explain)
    return BasketLine(f"{index}", question, facts)


def rows() -> list[Row]:
    """How long the basket takes, everything at hand."""
    taken = interleaved_us({"basket": _asking(basket()), "step": percent_steps})
    figure, step = taken["basket"] / 1000, taken["step"]
    return [
        Row(
            f"core, basket of {LINES} lines, {len(basket_rules())} basket rules",
            f"{figure:.2f} ms CPU",
            f"one Decimal percent step: {step:.2f} us",
            rounded(figure * 1000 / step),
            f"<= {CPU_MS_MAX:.0f} ms where a step takes {STEP_US_AT_THE_BAR} us",
            figure <= CPU_MS_MAX * max(1.0, step / STEP_US_AT_THE_BAR),
        )
    ]


def _asking(question: BasketQuestion) -> Callable[[], int]:
    def ask() -> int:
        for _ in range(10):
            priced_basket(question)
        return 10

    return ask
