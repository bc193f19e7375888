"""What the fields mean with which orders are worked: steps, decisions, events."""

from collections.abc import Mapping

DESK: Mapping[str, str] = {
    "OrderStep.state": "The state that the order came into.",
    "OrderStep.text": "Why, or what people should know, for the history; `reason` is another name of it.",
    "OrderStep.lines": "Of which lines goods were shipped, cancelled or returned; empty: all that is left of all.",
    "OrderStep.at": "When it was; now where it is left out.",
    "OrderStep.restock": "Code of the warehouse into which returned goods were put; without, the stock stays as it is.",
    "Decision.customer": "Code of the customer who bought.",
    "Decision.items": "By the item that the order says the code of the item that is meant.",
    "Decision.prices": "Whose prices hold: those of the `store` as it charged them, or `ours`.",
    "Decision.ship_to": "Who gets the goods, as it is right.",
    "Decision.bill_to": "Who gets the invoice, as it is right.",
    "Decision.accept": "Further reasons that shall hold the order no longer, as `stock` or `credit_limit`.",
    "Decision.text": "Why, for the history; `reason` is another name of it.",
    "LineSaid.line": "The line's place in the order, from 1 on.",
    "LineSaid.id": "The store's own id of the line.",
    "LineSaid.item": "The line's item, where one line alone has it.",
    "LineSaid.quantity": "How much, in the line's unit; all that is left where it is left out.",
    "StoredLine.shipped": "How much of the line was shipped, in its unit.",
    "StoredLine.returned": "How much of what was shipped came back, in the line's unit.",
    "StoredLine.cancelled": "How much of the line was cancelled, in its unit.",
}
