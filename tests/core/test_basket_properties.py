"""What holds of every basket, whatever is bought and whatever rules are in reach."""

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from listino.core.basket import BasketPrice, priced_basket
from listino.core.facts import Item, PriceList
from listino.core.question import Price
from listino.core.rules import OwnLine, Rule, Scale, Scope, Tier
from tests.core.baskets import Counter, amount_off, at_least, basket_off, bundle, gift, listed, reasons
from tests.core.lines import d, limit, off

CODES = "ABCDEF"
SEEDS = st.integers(min_value=0, max_value=1 << 32)
COIN = d("0.01")


def counter(chance: random.Random) -> Counter:
    """A shop of six items in two groups, with any of the rules that a basket can have."""
    rules = [
        *(listed(code, str(Decimal(chance.randint(0, 9_999)) / 100), final=chance.random() < 0.1 or None)
          for code in CODES),
        *chance.sample(every_rule(chance), k=chance.randint(0, 9)),
    ]  # fmt: skip
    chance.shuffle(rules)
    items = {
        code: Item(code=code, weight=Decimal(chance.randint(0, 5)), tax_class=chance.choice(["standard", "reduced"]))
        for code in CODES
    }
    groups = {code: (chance.choice("TU"),) for code in CODES}
    with_tax = chance.choice(["", CODES, "ACE"])
    return Counter(
        rules=tuple(rules), items=items, groups=groups, listed=PriceList(code="base", decimals=2), with_tax=with_tax
    )


def every_rule(chance: random.Random) -> list[Rule]:
    """One of each kind, with numbers drawn."""

    def number(low: int, high: int) -> str:
        return str(chance.randint(low, high))

    below = chance.random() < 0.5
    tiers = (Tier(from_=d(0), value=d(9)), Tier(from_=d(number(1, 500)), value=d(number(0, 8))))
    return [
        bundle("O1", quantity_from=number(2, 4), quantity="1", item_group="T"),
        bundle("O2", number(1, 60), quantity_from=number(2, 5), reduction="set_price", item_group="U"),
        bundle("O3", number(1, 90), amount_from=number(9, 300), quantity=number(1, 3), below_limit=below),
        bundle("O4", number(1, 9), reduction="amount", line_units_max=number(1, 3), unless=Scope(item="A")),
        bundle("O5", quantity_from="1", quantity=number(1, 4), uses_up=True, in_part=True, first="dearest", item="B"),
        gift("G1", "F", number(0, 100), quantity_from=number(1, 9), quantity="1"),
        basket_off("D1", number(0, 100), requires=at_least("amount", number(1, 500))),
        basket_off("D2", number(1, 40), item_group="T", basis="price"),
        amount_off("D3", number(1, 200)),
        Rule(code="D4", action="price", step="order_discount", item_group="U", value=d(number(1, 300))),
        amount_off("C1", number(1, 20), sign="charge", step="order_charge"),
        Rule(code="C2", action="amount", own_line=OwnLine(per="order", tax_class="standard"),
             scale=Scale(measure=chance.choice(["amount", "weight", "quantity"]), by="order", tiers=tiers)),
        Rule(code="C3", action="percent", value=d(number(0, 9)), own_line=OwnLine(per="order")),
        Rule(code="C4", action="amount", sign="charge", value=d("0.25"), own_line=OwnLine(discountable=True), item="C"),
        limit("L1", "min", number(1, 99), basis="price"),
        off("M1", number(1, 50), scale=None, step="promotion"),
        Rule(code="M2", action="percent", scale=Scale(by="mix:m", tiers=tiers), item_group="T"),
    ]  # fmt: skip


def lines(chance: random.Random) -> list[tuple[str, str, str]]:
    """Up to nine lines, some of the same item."""
    return [(chance.choice(CODES), str(chance.randint(1, 12)), f"L{index}") for index in range(chance.randint(1, 9))]


def told(answer: BasketPrice) -> dict[str, Any]:
    """An answer, whatever the order in which its lines were asked."""
    by_id = {line.id: (line.shares, line.net, line.tax, line.gross, line.own_lines) for line in answer.lines}
    return {
        "lines": by_id, "free": answer.free_goods, "charges": answer.charges, "totals": answer.totals,
        "not": sorted((step, rule.code, reason) for step, rule, reason, _ in answer.not_applied),
    }  # fmt: skip


@given(SEEDS)
def test_the_order_of_lines_and_of_rules_changes_nothing(seed: int) -> None:
    chance = random.Random(seed)
    shop, asked = counter(chance), lines(chance)
    shuffled = list(asked)
    chance.shuffle(shuffled)
    again = replace(shop, rules=tuple(chance.sample(shop.rules, k=len(shop.rules))))
    assert told(shop.ask(*asked)) == told(again.ask(*shuffled))


@given(SEEDS, st.sampled_from(["rate", "line", "document"]))
def test_every_coin_stands_on_a_line_and_net_and_tax_are_gross(seed: int, rounding: str) -> None:
    chance = random.Random(seed)
    answer = counter(chance).ask(*lines(chance), tax_rounding=rounding)
    parts: list[Any] = [*answer.free_goods, *answer.charges]
    modes = {line.price.tax_mode for line in answer.lines if isinstance(line.price, Price)}
    for line in answer.lines:
        price = line.price
        assert isinstance(price, Price)
        mode = price.tax_mode if not line.shares else "gross" if modes == {"gross"} else "net"
        before = price.gross if mode == "gross" else price.net
        after = line.gross if mode == "gross" else line.net
        assert before is not None
        assert after is not None
        changes = (share.amount if share.kind == "charge" else -share.amount for share in line.shares)
        assert after == before + sum(changes)
        assert after >= 0
        parts += [line, *line.own_lines]
    totals = answer.totals
    for part in parts:
        assert part.net + part.tax == part.gross
        assert part.net == part.net.quantize(COIN)
    assert totals.net == sum(part.net for part in parts)
    assert totals.tax == sum(part.tax for part in parts)
    assert totals.gross == sum(part.gross for part in parts)
    assert totals.net == sum(row.net for row in totals.by_rate)
    assert totals.tax == sum(row.tax for row in totals.by_rate)


@given(SEEDS)
def test_a_rule_that_does_not_apply_changes_nothing(seed: int) -> None:
    chance = random.Random(seed)
    shop, asked = counter(chance), lines(chance)
    answer = shop.ask(*asked)
    refused = {code for code, reason in reasons(answer).items() if reason != "below_limit"}
    without = replace(shop, rules=tuple(rule for rule in shop.rules if rule.code not in refused))
    assert {**told(answer), "not": None} == {**told(without.ask(*asked)), "not": None}


@given(SEEDS)
def test_a_limit_is_never_undercut_but_by_a_rule_that_may(seed: int) -> None:
    chance = random.Random(seed)
    shop, asked = counter(chance), lines(chance)
    bound = replace(
        shop, rules=(*(replace(rule, below_limit=False) for rule in shop.rules if rule.code != "L1"),
                     limit("L1", "min", str(chance.randint(1, 99)), basis="price")),
    )  # fmt: skip
    for line in bound.ask(*asked).lines:
        price = line.price
        assert isinstance(price, Price)
        assert price.low is not None
        net, gross = line.net, line.gross
        assert net is not None
        assert gross is not None
        paid = gross if price.tax_mode == "gross" else net
        before = price.gross if price.tax_mode == "gross" else price.net
        assert before is not None
        assert paid >= min(price.low * price.quantity, before)


@given(SEEDS)
def test_only_paid_goods_count_and_nothing_final_is_discounted(seed: int) -> None:
    chance = random.Random(seed)
    for line in counter(chance).ask(*lines(chance)).lines:
        assert isinstance(line.price, Price)
        assert not line.price.final or all(share.kind == "charge" for share in line.shares)


@given(SEEDS)
@settings(max_examples=30)
def test_a_basket_answers_the_same_twice(seed: int) -> None:
    chance = random.Random(seed)
    basket = counter(chance).basket(*lines(chance))
    assert priced_basket(basket) == priced_basket(basket)


@given(SEEDS)
@settings(max_examples=50)
def test_what_one_line_asks_alone_is_what_the_basket_says_without_rules_of_its_own(seed: int) -> None:
    chance = random.Random(seed)
    shop, asked = counter(chance), lines(chance)
    plain = replace(shop, rules=tuple(rule for rule in shop.rules if rule.code[0] in "PL"))
    answer = plain.ask(*asked, tax_rounding="line")
    for line, (item, quantity, _) in zip(answer.lines, asked, strict=True):
        alone = plain.ask((item, quantity))
        assert (line.net, line.tax, line.gross) == (alone.lines[0].net, alone.lines[0].tax, alone.lines[0].gross)
