"""Why an order is held for a person: every reason that there is, as a sentence."""

from listino.core.explain import NO_PRICE_TEXTS

HELD_TEXTS = {
    "unknown_customer": "The customer is not known here.",
    "customer_blocked": "The customer is blocked.",
    "unknown_buyer": "It is not said who buys.",
    "unknown_channel": "The channel is not known here.",
    "unknown_item": "An item is not known here.",
    "unknown_unit": "An item has no factor for the unit.",
    "unknown_quote": "The quote is not known here.",
    "quote_expired": "The order was placed after its quote had expired, or came more than a week later.",
    "quote_used": "Another order has used the quote.",
    "quote_differs": "The order says something else than its quote.",
    "cap_exceeded": "Others used up a price or discount of which there is only so much.",
    "stock": "There is not enough of an item in stock.",
    "credit_limit": "With it, open orders come to more than the customer's credit limit, or its account's.",
    "by_hand": "A person has put it on hold.",
    "charge_difference": "A charge of ours is not among those of the store.",
    "bad_address": "An address cannot be right.",
    "amounts_do_not_add_up": "The amounts that the store states do not add up.",
    "price_difference": "The store charged another price than ours.",
    "payment_difference": "What was paid is not what the order comes to.",
    "payment_currency": "A payment is in another currency than the order.",
    "tax_unknown": "No tax is stated for an item and the destination.",
    **NO_PRICE_TEXTS,
}
