"""`listino doctor` tells of stock that does not add up, and of events that wait."""

from pathlib import Path

from listino.flows.doctor import examined
from tests.shop import NOW, an_order, opened


def test_the_doctor_compares_what_is_reserved_and_counts_events_that_wait(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    with opened(tmp_path) as house:
        house.client.request("PUT", "/v1/stock/hammer", json={"on_hand": "5"})
        order = house.order().json()
        path = f"/v1/orders/{order['id']}"
        house.client.request("POST", f"{path}/steps", json={"state": "shipped"})
        house.order(number="2")
        house.client.request("POST", f"{path}/events", json={"kind": "changed", "key": "c", "order": an_order()})
        house.client.request("POST", f"{path}/events", json={"kind": "noted", "key": "n", "sequence": 2})
        found = {one.subject: (one.level, one.text) for one in examined(url, NOW)}
        assert found["Stock"] == ("ok", "what is reserved is what orders have")
        assert found["Events of stores"] == ("warn", "1 wait for a person, 1 for an event before them")
        house.database.write(lambda tx: tx.execute("UPDATE stock SET reserved = '1'"))
        found = {one.subject: (one.level, one.text) for one in examined(url, NOW)}
    text = "1 items have something else reserved than their orders have: hammer in main"
    assert found["Stock"] == ("error", text)
