"""What the fields of a basket mean."""

from collections.abc import Mapping

_CONTEXT = {
    "lines": "1 to 1,000 lines, priced together.",
    "attributes": "The question's own attributes by name; they come before the customer's and item's.",
    "delivery_at": "When the goods are delivered, for rules dated by delivery; `at` where none is named.",
    "at": "The instant to price for, without a quote; now where none is named. The future needs explain:full.",
}
BASKETS: Mapping[str, str] = {
    **{f"BasketAsk.{field}": text for field, text in _CONTEXT.items()},
    "ShareLine.kind": "`allowance` takes off, `charge` adds.",
    "ShareLine.rule": "Code of the basket's rule.",
    "ShareLine.value": "The rule's value, as it states it.",
    "ShareLine.amount": "What this line bears of it, above 0, in the tax mode of the basket.",
    "FreeGoodsLine.item": "Code of the item that is given.",
    "FreeGoodsLine.rule": "Code of the rule that gives it.",
    "FreeGoodsLine.quantity": "How many of `unit` are given.",
    "FreeGoodsLine.value": "The reduction as the rule states it; 100 percent where it states none.",
    "FreeGoodsLine.price": "What one unit costs, in `tax_mode`; 0 for nothing.",
    "FreeGoodsLine.tax_mode": "Whether `price` is without tax (`net`) or with it (`gross`).",
    "FreeGoodsLine.tax_category": "Category of its tax, as EN 16931 names it.",
    "FreeGoodsLine.own_lines": "Charges that stand beside it, each with a tax of its own: they are not given.",
    "BasketCharge.rule": "Code of the rule that charges it.",
    "BasketCharge.value": "The rule's value: an amount or percent.",
    "BasketCharge.tax_category": "Category of its tax, as EN 16931 names it.",
    "RateTotals.tax_category": "Category of the tax, as EN 16931 names it.",
    "RateTotals.tax_reason": "The text that an invoice must show for this tax.",
    "BasketTotals.net": "All amounts without tax: lines, free goods, charges and what stands beside them.",
    "BasketTotals.tax": "All tax; null where some tax is not known.",
    "BasketTotals.gross": "What is to be paid: net + tax.",
    "BasketTotals.rounding": "By how much the tax differs from that rounded once per rate.",
    "BasketTotals.by_rate": "The same by rate and category, as an invoice lists it.",
    "BasketParts.free_goods": "Goods that offers add to the basket.",
    "BasketParts.charges": "Charges for the whole basket, each on a line of its own.",
    "BasketParts.totals": "What the basket comes to.",
    "BasketParts.coupons_unused": "Coupons that no applied rule names.",
    "BasketParts.quote": "The promise to charge exactly this: bring it with the order. Null where a line has no price, "
                         "and where `at` or `known_at` is named.",
    "BasketParts.quote_expires_at": "The order must be placed by then to be charged as quoted.",
    "BasketParts.next_change_at": "Until when the whole answer holds as long as the revision stays; null without end.",
    "BasketParts.not_applied": "With `explain=all`: the basket's rules that did not apply, and why not.",
    "BasketLine.net": "What the line comes to without tax, after its shares.",
    "BasketLine.tax": "Its tax; the taxes of all lines add up to that of the basket. Null where none fits.",
    "BasketLine.gross": "What the line comes to with tax, after its shares; null where no tax fits.",
    "BasketLine.shares": "What the basket's rules take off the line, or add to it.",
}  # fmt: skip
