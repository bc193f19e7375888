"""What the fields of tokens mean, and of what browsers ask and are told."""

from collections.abc import Mapping

# The fields of the first mean what those of the second do, where they have no sentence of their own.
LIKE: Mapping[str, str] = {
    "BrowserPrice": "PriceAnswer",
    "BrowserCharge": "ChargeLine",
    "BrowserGoods": "FreeGoodsLine",
    "BrowserBasketCharge": "BasketCharge",
    "BrowserBasketParts": "BasketParts",
    "MyOrder": "Order",
}

BROWSERS: Mapping[str, str] = {
    "TokenAsk.origins": "From which pages the token may ask: 1 to 20 origins, each as scheme://host or "
    "scheme://host:port. Letters become small, a usual port and a last slash are left out.",
    "TokenAsk.customer": "Code of the customer for whom it asks; without one it is a public token, for the guest.",
    "TokenAsk.channel": "Code of the channel; the key's where none is named. A public token needs one.",
    "TokenAsk.minutes": "How long it holds: 1 to 1,440, usually 15; a public one to 525,600, usually 1,440.",
    "TokenAsk.currency": "Currency of the answers (ISO 4217); the customer's where none is named.",
    "TokenAsk.language": "The language of names and labels; that of the page's browser where none is named.",
    "TokenAsk.items_per_hour": "For how many different items it may ask in an hour, up to 100,000: 5,000 for a "
    "customer where none is stated. A guest's is everybody's: there 5,000 for each address, where proxies are trusted.",
    "TokenAsk.orders": "Whether the customer may place orders with it.",
    "TokenAnswer.token": "The token; a page sends it as `Authorization: Bearer TOKEN`. It is shown this once.",
    "TokenAnswer.expires_at": "When it ends; what is asked from then on is refused as `token_expired`.",
    "TokenAnswer.kind": "`customer`, or `public` for the guest of a channel.",
    "TokenAnswer.customer": "Code of the customer for whom it asks; null for the guest.",
    "TokenAnswer.origins": "From which pages it may ask, as browsers write them.",
    "Asker.kind": "`customer`, or `public` for the guest of a channel.",
    "Asker.customer": "Code of the customer; null for the guest of the channel.",
    "Asker.currency": "Currency of the answers (ISO 4217).",
    "Asker.shows": "Which price a page is to show: `net`, `gross` or `both`, as the channel says.",
    "Asker.language": "The language of names and labels; null where neither token nor browser names one.",
    "Asker.orders": "Whether orders may be placed with the token.",
    "Asker.test": "Whether a test key minted it: its orders never reach the management system.",
    "Asker.expires_at": "When the token ends.",
    "BrowserAsk.lines": "1 to 200 lines, each priced by itself.",
    "BrowserAsk.ladder": "Whether to list every quantity break.",
    "BrowserBasketAsk.lines": "1 to 200 lines that are bought together.",
    "MyOrder.id": "Our own name of the order.",
    "MyOrder.number": "The number that the store gave it; ME- and its quote's name where a page placed it.",
    "MyOrder.state": "How far it is; `cancelled` too where somebody gave it up.",
    "MyOrder.lines": "Its lines, in the order in which they were placed.",
    "MyOrder.free_goods": "Goods that an offer added.",
    "MyOrder.charges": "Freight, fees and charges for the whole order.",
    "MyOrderLine.net_price": "Price without tax per one unit, as it was charged.",
    "MyOrderLine.shipped": "How many of `unit` were shipped.",
    "MyOrderLine.cancelled": "How many of `unit` were cancelled.",
    "MyOrderLine.returned": "How many of `unit` came back.",
    "MyOrderLine.own_lines": "Charges that stand beside the line: a deposit, an eco tax.",
    "BrowserLine.item": "Code of the item.",
    "BrowserLine.unit": "Unit of the quantity (UN/ECE Recommendation 20); the item's own where none is named.",
    "BrowserLine.id": "Your own mark; it comes back with the answer, or the line's place from 1 on.",
    "BrowserPrice.name": "The item's name in the language of the token, else of the browser; null where it has none.",
    "BrowserPrice.reason": "`no_price`, or `on_request`: the price is told by a person.",
    "BrowserPrice.quantity": "How many of `unit` were asked for.",
    "BrowserPrice.shows": "Which price a page is to show: `net`, `gross` or `both`; the answer holds both.",
}
