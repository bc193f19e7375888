"""The formulas of Tryton's price lists, worked out as Tryton does: exact decimals, and nothing but arithmetic."""

import ast
import operator
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException, localcontext
from functools import lru_cache
from typing import Any

# Tryton reckons with Python's own decimals: 28 digits, halves to the even one.
OWN = Context(prec=28, rounding=ROUND_HALF_EVEN)
NAMES = ("unit_price", "list_price", "cost_price")
FORMULA_LENGTH_MAX = 1_000
DEPTH_MAX = 40
EXPONENT_MAX = 20
Number = Decimal | int | bool | None

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class Untold(Exception):
    """Something of Tryton's that we cannot say in our words; the text says what."""


def evaluated(formula: str, names: Mapping[str, Decimal | None], digits: int) -> Decimal | None:
    """The price that a formula gives, at Tryton's decimals of a price; None where it has none.

    Units:   names: what the formula may start from, per the item's own unit; None where there is none.
    Errors:  Untold for what is more than arithmetic, and for what Tryton itself would refuse.
    """
    with localcontext(OWN):
        try:
            result = _value(_parsed(formula), names, 0)
            if result is None:
                return None
            if not isinstance(result, Decimal):
                raise Untold(f"The formula {formula!r} gives no decimal number; Tryton refuses it, too.")
            return result.quantize(Decimal(1).scaleb(-digits))
        except (DecimalException, ZeroDivisionError, TypeError, OverflowError) as error:
            raise Untold(f"The formula {formula!r} cannot be worked out: {type(error).__name__}.") from error


@lru_cache(maxsize=4096)
def _parsed(formula: str) -> ast.expr:
    if len(formula) > FORMULA_LENGTH_MAX:
        raise Untold(f"A formula has more than {FORMULA_LENGTH_MAX} characters.")
    try:
        return ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Untold(f"The formula {formula!r} is no expression.") from error


def _value(node: ast.expr, names: Mapping[str, Decimal | None], depth: int) -> Number:
    """What a part of a formula comes to; without a price that it starts from, nothing comes of it."""
    if depth > DEPTH_MAX:
        raise Untold("A formula is nested too deep.")
    deeper = depth + 1
    if isinstance(node, ast.Constant):
        return _literal(node.value)
    if isinstance(node, ast.Name) and node.id in NAMES:
        return names[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _reckoned(node.op, _value(node.left, names, deeper), _value(node.right, names, deeper))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        inner = _value(node.operand, names, deeper)
        return inner if inner is None or isinstance(node.op, ast.UAdd) else -inner
    if isinstance(node, ast.IfExp):
        return _value(node.body if _holds(node.test, names, deeper) else node.orelse, names, deeper)
    if isinstance(node, ast.Call):
        return _decimal(node, names, deeper)
    raise Untold(f"{ast.unparse(node)!r} is more than arithmetic on prices.")


def _literal(value: Any) -> Decimal | int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Untold(f"{value!r} is no number.")
    # Tryton reads a number with a point by its digits, never as a float.
    return value if isinstance(value, int) else Decimal(repr(value))


def _reckoned(sign: ast.operator, left: Number, right: Number) -> Number:
    if left is None or right is None:
        return None
    if isinstance(sign, ast.Pow) and abs(Decimal(right)) > EXPONENT_MAX:
        raise Untold(f"A power is above {EXPONENT_MAX}.")
    result: Number = _BINARY[type(sign)](left, right)
    if isinstance(result, float):
        raise Untold("Two whole numbers are divided: write one of them with a point.")
    return result


def _holds(node: ast.expr, names: Mapping[str, Decimal | None], depth: int) -> bool:
    if isinstance(node, ast.BoolOp):
        parts = (_holds(part, names, depth + 1) for part in node.values)
        return all(parts) if isinstance(node.op, ast.And) else any(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _holds(node.operand, names, depth + 1)
    if not isinstance(node, ast.Compare) or any(type(sign) not in _COMPARED for sign in node.ops):
        raise Untold(f"{ast.unparse(node)!r} is no comparison of prices.")
    values = [_value(part, names, depth + 1) for part in (node.left, *node.comparators)]
    if None in values:
        raise Untold("A formula compares a price that the item does not have.")
    return all(
        _COMPARED[type(sign)](left, right) for sign, left, right in zip(node.ops, values, values[1:], strict=False)
    )


def _decimal(node: ast.Call, names: Mapping[str, Decimal | None], depth: int) -> Decimal:
    """`Decimal("1.5")`, the one function that Tryton knows for sure."""
    if not (
        isinstance(node.func, ast.Name) and node.func.id == "Decimal" and len(node.args) == 1 and not node.keywords
    ):
        raise Untold(f"{ast.unparse(node)!r} is more than arithmetic on prices.")
    (said,) = node.args
    if isinstance(said, ast.Constant) and isinstance(said.value, str):
        return Decimal(said.value)
    inner = _value(said, names, depth + 1)
    if inner is None:
        raise Untold("A formula turns a price that the item does not have into a number.")
    return Decimal(inner)
