"""A basket of many lines with many basket rules: facts found, lines and basket priced, all of it warm."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from bench.core import percent_steps
from bench.rows import Row, rounded
from bench.timing import interleaved_us
from listino.core.facts import KIND_OF, Customer, Fact, Item, ItemGroup, Tax
from listino.core.rules import Offer, OwnLine, Requirement, Rule, Scale, Tier
from listino.db.book import Change, commit
from listino.db.engine import Database
from listino.db.migrate import migrated
from listino.db.snapshot import snapshot
from listino.flows.basket import Basket, basket
from listino.flows.price import Asked

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
LINES = 50
GROUPS = 5
# What the twenty rules come to in this basket: four bundles, four gifts, a discount, six charges.
APPLIED = 15
CPU_MS_MAX = 5.0
STEP_US_AT_THE_BAR = 0.3


def basket_rules() -> tuple[Rule, ...]:
    """Twenty rules of the basket as a wholesaler of drinks has them."""
    three_for_two = Offer(quantity_from=Decimal(3), quantity=Decimal(1))
    gift = Offer(item="GIFT", quantity=Decimal(1), quantity_from=Decimal(12))
    own = OwnLine(per="order", tax_class="standard")
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
            Rule(code=f"C{group}", action="amount", item_group=f"T{group}", value=Decimal("1.50"), own_line=own)
            for group in range(GROUPS)
        ),
        Rule(code="FREIGHT", action="amount", scale=freight, own_line=own),
    )  # fmt: skip


def facts() -> list[Fact]:
    """Fifty items of five groups at two taxes, discounts on lines, two of them by a mix, and the basket's rules."""
    mix = Scale(by="mix:drinks", tiers=(Tier(from_=Decimal(20), value=Decimal(5)),))
    codes = [*(f"I{line}" for line in range(LINES)), "GIFT"]
    return [
        Customer(code="C", country="IT"),
        *(ItemGroup(code=f"T{group}") for group in range(GROUPS)),
        Tax(code="STANDARD", percent=Decimal(22)),
        Tax(code="LOW", tax_class="low", percent=Decimal(10)),
        *(
            Item(
                code=code, weight=Decimal("0.75"), item_groups=(f"T{index % GROUPS}",),
                tax_class="standard" if index % 2 else "low",
            )
            for index, code in enumerate(codes)
        ),
        *(
            Rule(code=f"P-{code}", action="price", list="base", item=code, value=Decimal(400 + 7 * index) / 100)
            for index, code in enumerate(codes)
        ),
        *(
            Rule(code=f"M{group}", action="percent", item_group=f"T{group}", step="promotion", scale=mix)
            for group in range(2)
        ),
        Rule(code="L1", action="percent", customer="C", item_group="T1", value=Decimal(12)),
        Rule(code="L2", action="percent", step="promotion", value=Decimal(3)),
        *basket_rules(),
    ]  # fmt: skip


@contextmanager
def opened() -> Iterator[Database]:
    """A book that holds these facts."""
    with tempfile.TemporaryDirectory(prefix="listino-basket-") as folder:
        url = f"sqlite:///{Path(folder) / 'basket.sqlite'}"
        migrated(url, currency="EUR", zone="Europe/Rome", country="IT")
        database = Database(url)
        try:
            changes = [Change(KIND_OF[type(fact)], fact.code, fact) for fact in facts()]
            database.write(lambda tx: commit(tx, changes, "bench", None, AT))
            yield database
        finally:
            database.close()


def rows() -> list[Row]:
    """How long the basket takes, with the applied rules and with those that did not apply."""
    with opened() as database:
        found = _basket(database, "applied")
        codes = {share.rule for line in found.price.lines for share in line.shares}
        codes |= {gift.rule.code for gift in found.price.free_goods}
        codes |= {charge.rule.code for charge in found.price.charges}
        if len(codes) != APPLIED or len(found.lines) != LINES:
            raise AssertionError(f"the basket is not the one that is meant: {sorted(codes)}")
        works = {explain: _asking(database, explain) for explain in ("applied", "all")}
        taken = interleaved_us({**works, "step": percent_steps})
    named = {"applied": "applied rules", "all": "rules not applied"}
    return [_row(name, taken[explain], taken["step"]) for explain, name in named.items()]


def _row(name: str, figure_us: float, step_us: float) -> Row:
    figure = figure_us / 1000
    return Row(
        f"basket of {LINES} lines, {len(basket_rules())} basket rules, {name}",
        f"{figure:.2f} ms CPU",
        f"one Decimal percent step: {step_us:.2f} us",
        rounded(figure_us / step_us),
        f"<= {CPU_MS_MAX:.0f} ms where a step takes {STEP_US_AT_THE_BAR} us",
        figure <= CPU_MS_MAX * max(1.0, step_us / STEP_US_AT_THE_BAR),
    )


def _basket(database: Database, explain: str) -> Basket:
    context = Asked("", AT, "C", explain=explain, breaks=False)
    asked = [Asked(f"I{line}", AT, "C", Decimal(3 + line % 7), explain=explain) for line in range(LINES)]
    return basket(snapshot(database), context, asked)


def _asking(database: Database, explain: str) -> Callable[[], int]:
    def ask() -> int:
        for _ in range(10):
            _basket(database, explain)
        return 10

    return ask
