"""The database is asked for a price, by a query or a function of its own."""

from listino.connectors.erp_sql.found import rows_of
from listino.connectors.erp_sql.link import Link
from listino.connectors.erp_sql.reading import decimal_of
from listino.connectors.erp_sql.settings import PriceQuery
from listino.core.mapping import Unreadable, valued
from listino.core.money import ONE
from listino.ports import AskedPrice, PriceAsk


def asked_price(link: Link, prices: PriceQuery, question: PriceAsk) -> AskedPrice:
    """The database's own price of one line; without a row, or a price in it, it has none.

    Errors:  as of `AsksPrices.ask_price`.
    """
    at = question.at.astimezone(link.settings.zone).replace(tzinfo=None)
    values = {
        "item": question.item, "customer": question.customer, "quantity": question.quantity, "unit": question.unit,
        "currency": question.currency, "channel": question.channel, "at": at, "on": at.date(),
        "on_yyyymmdd": int(f"{at:%Y%m%d}"),
    }  # fmt: skip
    made = prices.values
    rows = link.call(
        lambda connection, _: rows_of(link.executed(connection, prices.query, values, made)), link.settings.deadline
    )
    if not rows:
        return AskedPrice(currency=question.currency, reason="no_price")
    try:
        said = {name: valued(shape, rows[0]) for name, shape in prices.fields.items()}
    except Unreadable as error:
        return AskedPrice(currency=question.currency, reason=str(error))
    net, gross = decimal_of(said.get("net_price")), decimal_of(said.get("gross_price"))
    reason = said.get("reason") or (None if net is not None or gross is not None else "no_price")
    return AskedPrice(
        currency=str(said.get("currency") or question.currency).strip(),
        net_price=net,
        gross_price=gross,
        per=decimal_of(said.get("per")) or ONE,
        reason=reason,
    )
