"""The ready schemes: three ways of the trade to make a price, as data like any other."""

from listino.core.rules import DEFAULT_SCHEME, Scheme, Step
from listino.core.scheme import ACCESS, PROMOTION_RANK, STANDING_RANK

# The lists of a chain one after the other: the first that prices the item does, at its highest break.
CHAIN_RANK = ("chain", "access", "priority", "filled_keys", "nearest", "own_currency", "own_unit", "start", "tier")
BEST_RANK = ("value", "access", "list", "sequence", "priority", "start")


def agreement_first() -> Scheme:
    """The default scheme: what was agreed with the customer comes before what is for many."""
    return Scheme(
        code=DEFAULT_SCHEME,
        name={"en": "What was agreed comes first", "it": "Prima gli accordi"},
        steps=(
            _step("price", "price", "specific"),
            _step("discount", "allowance", "specific"),
            _step("customer_discount", "allowance", "specific"),
            *_rest(),
        ),
    )


def best_price() -> Scheme:
    """The lowest price and the highest discount that a customer may have, wherever they are stated."""
    return Scheme(
        code="best_price",
        name={"en": "The best price wins", "it": "Vince il prezzo migliore"},
        steps=(
            _step("price", "price", "best", BEST_RANK),
            _step("discount", "allowance", "best", PROMOTION_RANK),
            _step("customer_discount", "allowance", "best", PROMOTION_RANK),
            *_rest(),
        ),
    )


def list_chain() -> Scheme:
    """The customer's price lists one after the other: the first that has a price for the item gives it."""
    return Scheme(
        code="list_chain",
        name={"en": "Price lists in their order", "it": "Listini in ordine"},
        steps=(
            _step("price", "price", "first", CHAIN_RANK),
            _step("discount", "allowance", "specific"),
            _step("customer_discount", "allowance", "specific"),
            *_rest(),
        ),
    )


def _rest() -> tuple[Step, ...]:
    """What follows the standing discounts in every ready scheme, up to the whole basket."""
    return (
        _step("promotion", "allowance", "best", PROMOTION_RANK),
        _step("manual", "allowance", "all"),
        _step("charge", "charge", "all"),
        _step("limit", "limit", "all"),
        Step(name="rounding", kind="rounding"),
        _step("offer", "basket", "all", PROMOTION_RANK),
        _step("order_discount", "basket", "best", PROMOTION_RANK),
        _step("order_charge", "basket", "all"),
    )


def _step(name: str, kind: str, pick: str, rank: tuple[str, ...] = STANDING_RANK) -> Step:
    return Step(name=name, kind=kind, pick=pick, rank=rank, access=ACCESS)


READY_SCHEMES = {scheme.code: scheme for scheme in (agreement_first(), best_price(), list_chain())}
