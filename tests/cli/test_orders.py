"""`listino order` shows what a basket added: shares of the order's discount, free goods, charges of ours."""

from pathlib import Path

from tests.cli.test_commands import refused, said
from tests.shop import an_order, opened


def test_an_order_shows_what_its_basket_added(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.put("items", "sticker")
        house.put("rules", "sticker", action="price", list="base", item="sticker", value="1")
        house.put("rules", "ten", action="percent", step="order_discount", value="10", label="Autumn")
        offer = {"item": "sticker", "quantity": "1", "quantity_from": "2"}
        house.put("rules", "gift", action="free_goods", item="saw", offer=offer, label="A sticker")
        own = {"action": "amount", "sign": "charge", "own_line": {"per": "order", "tax_class": "standard"}}
        house.put("rules", "freight", **own, value="6", label="Freight")
        beside = {**own, "own_line": {"per": "unit", "tax_class": "standard"}}
        house.put("rules", "eco", **beside, item="saw", value="0.50", label="Eco tax")
        lines = [{"item": "saw", "quantity": "2"}]
        order = house.order(customer="bianchi", lines=lines, quote="nothing").json()
    text = said("order", order["id"], url=f"sqlite:///{tmp_path / 'listino.db'}")
    for words in (
        "Autumn: −4.00 EUR", "beside it: Eco tax 1.22 EUR", "Given by A sticker: 1 C62 sticker, 0.00 EUR",
        "Charge Freight: 7.32 EUR", "Net 43.00, tax 9.46, gross 52.46 EUR", "The quote is not known here.",
    ):  # fmt: skip
        assert words in text


def test_an_order_shows_how_far_it_is_and_what_its_store_told(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        order = house.order(customer="bianchi", lines=[{"item": "saw", "quantity": "3"}]).json()
        path = f"/v1/orders/{order['id']}"
        steps = {"state": "shipped", "lines": [{"line": 1, "quantity": "2"}], "text": "Parcel 1"}
        house.client.request("POST", f"{path}/steps", json=steps)
        payment = {"method": "card", "captured": "73.20"}
        for key, kind, told in (
            ("p", "paid", {"payment": payment}), ("c", "changed", {"order": order_of("4")}),
            ("n", "noted", {"sequence": 2, "text": "Ring twice."}),
        ):  # fmt: skip
            house.client.request("POST", f"{path}/events", json={"kind": kind, "key": key} | told)
    text = said("order", order["id"], url=f"sqlite:///{tmp_path / 'listino.db'}")
    for words in (
        "partly shipped", "2 shipped", "shipped: 2 saw. Parcel 1", "73.20 EUR.", "for a person",
        "The order is partly_shipped: work the difference by hand.", "It waits for event 1 of the store. Ring twice.",
    ):  # fmt: skip
        assert words in text


def order_of(quantity: str) -> dict[str, object]:
    return an_order(customer="bianchi", lines=[{"item": "saw", "quantity": quantity}])


def test_orders_are_worked_on_the_command_line(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        order = house.order(customer="nobody", lines=[{"item": "hammer-x", "quantity": "3"}]).json()["id"]
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    text = refused("release", order, "--customer", "bianchi", "--database", url)
    assert "It is held: unknown_item." in text
    decided = ("--customer", "bianchi", "--item", "hammer-x=hammer", "--reason", "They rang")
    text = said("release", order, *decided, url=url)
    assert "placed, received" in text
    assert "customer bianchi" in text
    assert "partly shipped" in said("step", order, "shipped", "--line", "1=2", url=url)
    assert "Send 1." in refused("step", order, "shipped", "--line", "1=2", "--database", url)
    assert "placed, shipped" in said("step", order, "shipped", url=url)
    assert "Send --line 1, or --line 1=2." in refused("step", order, "shipped", "--line", "1=NaN", "--database", url)
