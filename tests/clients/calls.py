"""What every client asks: each operation, and what is refused."""

from typing import Any

LINES = [{"id": f"l{number}", "item": "hammer", "quantity": str(number)} for number in range(1, 1_001)]
ORDER = {
    "key": "from-a-client",
    "customer": "rossi",
    "number": "C-1",
    "orderedAt": "2026-11-23T11:59:00Z",
    "currency": "EUR",
    "store": "clients",
    "lines": {"line": [{"item": "hammer", "quantity": "3", "unit": "EA", "text": "è ı €"}]},
    "buyer": {"name": "Şükrü Işık", "city": "Bolzano", "country": "IT", "email": "s@example.com"},
    "shipTo": {"name": "Cantiere <2> & co", "street": "Via Roma 1", "postcode": "39100", "city": "Bolzano"},
    "payments": {"payment": [{"method": "card", "state": "authorised", "authorised": "31.29"}]},
    "totals": {"currency": "EUR", "net": "25.65", "gross": "31.29"},
    "notes": "ring twice\nplease",
}
PAID = {"key": "paid-1", "store": "clients", "number": "C-1", "kind": "paid", "sequence": 1, "amount": "31.29"}
CALLS: list[dict[str, Any]] = [
    {"operation": operation, "request": request}
    for operation, request in (
        ("Ping", {"echo": "è ı €"}),
        ("GetPrice", {"customer": "rossi", "item": "hammer", "quantity": "12.5", "explain": "all", "ladder": True}),
        ("GetPrice", {"item": "unpriced"}),
        ("GetPrice", {"item": "saw", "at": "2026-11-20T10:00:00+01:00", "minRevision": 1}),
        ("GetPriceLadder", {"customer": "bianchi", "item": "hammer"}),
        ("GetPrices", {"customer": "rossi", "lines": {"line": [
            {"id": "a", "item": "hammer"}, {"id": "b", "item": "nothing"}, {"id": "c", "item": "unpriced"}]}}),
        ("GetPrices", {"lines": {"line": LINES}}),
        ("GetPrices", {"lines": {"line": LINES[:1]}}),
        ("PriceBasket", {"customer": "rossi", "lines": {"line": LINES[:3]}, "coupons": {"coupon": ["NONE"]}}),
        ("SubmitOrder", ORDER),
        ("SubmitOrderEvent", PAID),
        ("GetOrderStatus", {"key": "from-a-client"}),
        ("GetStock", {"items": {"item": ["hammer", "saw", "nothing"]}}),
        ("GetItems", {"limit": 2}),
        ("GetItems", {"changedSince": 1}),
        ("GetCustomers", {"limit": 5}),
        ("GetPrice", {"item": "nothing"}),
        ("GetPrice", {"item": "hammer", "quantity": "0"}),
        ("GetPrice", {"customer": "nobody", "item": "hammer"}),
        ("SubmitOrder", ORDER | {"number": "C-2"}),
        ("GetOrderStatus", {"key": "never-seen"}),
    )
]  # fmt: skip
