"""Formulas come to what Tryton's own evaluator makes of them, or are refused with a reason."""

import random
from decimal import Decimal, localcontext

import pytest
from simpleeval import simple_eval
from trytond.tools.decimal_ import decistmt

from listino.connectors.erp_tryton.formulas import OWN, Untold, evaluated

NAMES = {"list_price": Decimal("12.3450"), "cost_price": Decimal("7.1"), "unit_price": Decimal("12.3450")}


@pytest.mark.parametrize(
    ("formula", "price"),
    [
        ("unit_price * 0.9", "11.1105"),
        ("list_price * 1.1 + 0.05", "13.6295"),
        ("cost_price / 0.7", "10.1429"),
        ("(cost_price + list_price) / 2", "9.7225"),
        ("-cost_price + 2 * list_price", "17.5900"),
        ("Decimal('9.99')", "9.9900"),
        ("9.99", "9.9900"),
        ("cost_price if list_price > 12 and cost_price < 8 else list_price", "7.1000"),
        ("list_price if not 7 < cost_price <= 8 else 1.0", "1.0000"),
        ("list_price ** 2 % 7", "5.3990"),
        ("0.00005 + 0 * cost_price", "0.0000"),
        ("0.00015", "0.0002"),
    ],
)
def test_arithmetic_comes_to_a_price(formula: str, price: str) -> None:
    assert evaluated(formula, NAMES, 4) == Decimal(price)


@pytest.mark.parametrize(
    "formula",
    [
        "", "list_price *", "margin * 2", "5", "5 // 2", "1 / 3", "'9.99'", "list_price.quantize(1)", "[9.9][0]",
        "max(list_price, 1.0)",
        "__import__('os').getcwd()", "(lambda: 1.0)()", "list_price / 0", "2.0 ** 99",
        "list_price / (cost_price - 7.1)",
        "9.9 if list_price else 1.0", "Decimal('x')", "1.0 if 'a' == 'b' else 2.0", "-" * 60 + "1.0",
        "1.0+" * 600 + "1.0", "True",
    ],
)  # fmt: skip
def test_what_is_more_than_arithmetic_is_refused_with_a_reason(formula: str) -> None:
    with pytest.raises(Untold) as refused:
        evaluated(formula, NAMES, 4)
    assert str(refused.value)


def test_without_the_price_that_it_starts_from_a_formula_gives_none() -> None:
    names = {"list_price": None, "cost_price": Decimal(1), "unit_price": None}
    assert evaluated("list_price * 0.9 + cost_price", names, 4) is None
    with pytest.raises(Untold):
        evaluated("1.0 if list_price > 2 else 2.0", names, 4)


def test_random_formulas_come_to_what_trytons_evaluator_makes_of_them(chance: random.Random) -> None:
    for _ in range(500):
        formula = _formula(chance, 3)
        with localcontext(OWN):
            try:
                theirs = simple_eval(decistmt(formula), names=dict(NAMES), functions={"Decimal": Decimal})
                wanted = theirs.quantize(Decimal("0.0001"))
            except (ArithmeticError, TypeError, AttributeError):
                continue
        assert evaluated(formula, NAMES, 4) == wanted, formula


def _formula(chance: random.Random, depth: int) -> str:
    if depth == 0 or chance.random() < 0.2:
        return chance.choice([*NAMES, f"{chance.uniform(0, 3):.3f}"])
    left, right = _formula(chance, depth - 1), _formula(chance, depth - 1)
    if chance.random() < 0.15:
        return f"({left} if {left} {chance.choice(['<', '>=', '=='])} {right} else {right})"
    return f"({left} {chance.choice(['+', '-', '*', '/', '%', '//'])} {right})"
