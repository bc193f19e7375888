"""An order with every field that a store may say, each with words that are found again where it is carried."""

from datetime import UTC, date, datetime
from decimal import Decimal

from listino.core.money import ZERO
from listino.core.orders import Charge, Order, OrderLine, Party, Payment
from listino.ports import LineToPlace, OrderToPlace

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TAX_PERCENT = Decimal(22)
CENT = Decimal("0.01")

# What a person must find in the ERP: the field, and the text that the sample holds in it.
WORDS = {
    "bill_to.name": "Ines Contabile",
    "bill_to.company": "Ferramenta Sample",
    "bill_to.street": "Via dei Conti 7",
    "bill_to.postcode": "20121",
    "bill_to.city": "Milano",
    "ship_to.name": "Piero Cantiere",
    "ship_to.street": "Strada del Molo 12",
    "ship_to.street2": "Cancello 3",
    "ship_to.postcode": "16126",
    "ship_to.city": "Genova",
    "ship_to.phone": "+39 010 555 0101",
    "contacts.name": "Carla Telefona",
    "contacts.mail": "carla@sample.example",
    "reference": "PO-4711/B",
    "notes": "Chiamare prima della consegna.",
    "vat_id": "IT01234567890",
    "payments.method": "bank_transfer",
    "payments.reference": "TX-998877",
    "charges.text": "Corriere espresso",
    "lines.text": "Taglio a misura 25 cm",
}
WANTED_ON = date(2026, 12, 1)


def sample_order(number: str, customer: str, items: tuple[str, ...], *, unit: str | None = None) -> OrderToPlace:
    """An order of the store "sample" with a line for each item, shipping, and every word of WORDS.

    Units:   line n has quantity n and costs 10.50 x n each before tax; shipping 8.20; 22 % tax.
    """
    lines = tuple(_line(place, item, unit) for place, item in enumerate(items, 1))
    shipping = Charge(
        kind="shipping", net=Decimal("8.20"), tax=Decimal("1.80"), gross=Decimal("10.00"), tax_percent=TAX_PERCENT,
        text=WORDS["charges.text"],
    )  # fmt: skip
    net = sum((line.net for line in lines), ZERO) + Decimal("8.20")
    tax = sum((line.tax for line in lines), ZERO) + Decimal("1.80")
    return OrderToPlace(
        key=f"sample/{number}",
        id=f"id-{number}",
        store="sample",
        order=_said(number, customer, items, shipping, net + tax),
        channel="web",
        lines=lines,
        charges=(shipping,),
        net=net,
        tax=tax,
        gross=net + tax,
        taken_at=AT,
    )


def _line(place: int, item: str, unit: str | None) -> LineToPlace:
    quantity, net_price = Decimal(place), Decimal("10.50") * place
    net = (net_price * quantity).quantize(CENT)
    tax = (net * TAX_PERCENT / 100).quantize(CENT)
    text = WORDS["lines.text"] if place == 1 else None
    return LineToPlace(
        item=item, quantity=quantity, unit=unit, net_price=net_price, net=net, tax=tax, gross=net + tax,
        tax_percent=TAX_PERCENT, text=text,
    )  # fmt: skip


def _said(number: str, customer: str, items: tuple[str, ...], shipping: Charge, gross: Decimal) -> Order:
    return Order(
        number=number,
        ordered_at=AT,
        currency="EUR",
        lines=tuple(OrderLine(item=item, quantity=Decimal(place)) for place, item in enumerate(items, 1)),
        store="sample",
        channel="web",
        customer=customer,
        charges=(shipping,),
        bill_to=_party("bill_to", country="IT"),
        ship_to=_party("ship_to", country="IT"),
        vat_id=WORDS["vat_id"],
        reference=WORDS["reference"],
        wanted_on=WANTED_ON,
        notes=WORDS["notes"],
        payments=(
            Payment(
                method=WORDS["payments.method"], state="captured", captured=gross, currency="EUR",
                reference=WORDS["payments.reference"],
            ),
        ),
        contacts=(_party("contacts", role="site"),),
    )  # fmt: skip


def _party(part: str, **more: str) -> Party:
    words = {field.partition(".")[2]: word for field, word in WORDS.items() if field.startswith(f"{part}.")}
    return Party(**words, **more)  # type: ignore[arg-type]  # texts alone
