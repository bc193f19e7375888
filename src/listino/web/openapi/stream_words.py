"""What each field of a streamed line means."""

from collections.abc import Mapping

STREAMS: Mapping[str, str] = {
    "ListStart.record": "`price_list`: the first line.",
    "ListStart.customer": "Code of the customer whose prices follow.",
    "ListStart.at": "The instant that was priced for.",
    "ListStart.channel": "Code of the channel that was asked for; null for none.",
    "ListStart.currency": "Currency of all prices.",
    "ListStart.revision": "The one revision that all lines were answered from.",
    "ListStart.epoch": "Which time line the revision belongs to.",
    "ListLine.record": "`item`: one item that the customer can buy.",
    "ListLine.name": "The item's name in the language of Accept-Language; null where it has none.",
    "ListLine.unit": "The item's own unit, in which it is priced.",
    "ListLine.from": "The smallest quantity that has a price; the prices of the line are those of this quantity.",
    "ListLine.list_price": "Price without tax per `per` units before anything was taken off or added.",
    "ListLine.price_list": "Code of the list that the price stood in; null for a price outside of any list.",
    "ListLine.breaks": "The further quantities at which the unit price changes, lowest first.",
    "ListLine.valid_until": "Until when all of the line holds as long as the revision stays; null without end.",
    "ListLine.visibility": "Only where it is not `shown`: whether a store shows this price.",
    "ListFinish.record": "`end`: the last line. A list without it is not whole.",
    "ListFinish.items": "How many items were listed.",
    "ListFinish.without_price": "How many items the customer may buy and has no price for.",
}
