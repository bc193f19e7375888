"""zeep, strict, reads the contract as it is served and asks every operation in both versions."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from zeep import Client, Settings, Transport
from zeep.exceptions import Fault
from zeep.wsse.username import UsernameToken

from tests.asgi import Response
from tests.shop import House, opened


class InProcess(Transport):
    """Carries zeep's messages to the doors of a house without a socket."""

    def __init__(self, house: House) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.house = house

    def load(self, url: str) -> bytes:
        """The contract."""
        query = url.partition("?")[2]
        return self.house.client.request("GET", "/soap", params={query: ""}, headers={"Authorization": ""}).body

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> Any:
        """A message, without any credentials but its own."""
        assert address == "http://127.0.0.1:8080/soap"
        return _Answered(self.house.client.request("POST", "/soap", content=message, headers=headers))


class _Answered:
    """What zeep reads of a response."""

    def __init__(self, response: Response) -> None:
        self.status_code, self.content, self.encoding = response.status, response.body, "utf-8"
        self.headers = {name.title(): value for name, value in response.headers.items()}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("zeep")) as house:
        house.client.request("PUT", "/v1/stock/hammer", json={"on_hand": "7"})
        house.client._headers = {}
        yield house


@pytest.fixture(params=["ListinoSoap11", "ListinoSoap12"])
def service(request: pytest.FixtureRequest, house: House) -> Any:
    token = UsernameToken("anybody", house.key)  # type: ignore[no-untyped-call]
    client = Client(  # type: ignore[no-untyped-call]
        "http://127.0.0.1:8080/soap?wsdl", transport=InProcess(house), wsse=token, settings=Settings(strict=True)
    )
    return client.bind("Listino", request.param)


def test_every_operation_is_asked_and_answered(service: Any) -> None:
    assert service.Ping({"echo": "hé"}).echo == "hé"
    price = service.GetPrice({"item": "hammer", "customer": "rossi", "quantity": Decimal("3"), "ladder": True}).price
    assert (price.netPrice, price.gross) == (Decimal("8.55"), Decimal("31.29"))
    assert [step.priceOut for step in price.steps.step] == [Decimal("9.5"), Decimal("8.55")]
    ladder = service.GetPriceLadder({"item": "hammer"}).price.ladder.priceBreak
    assert [rung.quantity for rung in ladder] == [Decimal(1), Decimal(10)]
    lines = [{"id": str(number), "item": "hammer" if number % 2 else "nope"} for number in range(100)]
    answers = service.GetPrices({"lines": {"line": lines}}).lines.line
    assert [line.error is None for line in answers] == [number % 2 == 1 for number in range(100)]
    basket = service.PriceBasket({"customer": "rossi", "lines": {"line": lines[1:2]}})
    assert basket.totals.gross == Decimal("10.43")
    order = {
        "key": f"key {service._binding.name}", "customer": "rossi", "number": service._binding.name.localname,
        "orderedAt": datetime(2026, 11, 23, 12, tzinfo=UTC), "currency": "EUR", "quote": basket.quote,
        "lines": {"line": [{"item": "hammer", "quantity": 1}]},
    }  # fmt: skip
    taken = service.SubmitOrder(order)
    assert (taken.gross, taken.handover) == (Decimal("10.43"), "placed")
    event = {"key": "e", "id": taken.id, "kind": "paid", "amount": Decimal("10.43")}
    assert service.SubmitOrderEvent(event).state == "applied"
    status = service.GetOrderStatus({"key": order["key"]})
    assert (status.id, status.takenAt, status.events.event[0].kind) == (taken.id, taken.takenAt, "paid")
    assert service.GetStock({"items": {"item": ["hammer"]}}).stock.entry[0].unit == "C62"
    assert [item.code for item in service.GetItems({"limit": 1}).items.item] == ["hammer"]
    assert [one.code for one in service.GetCustomers({}).customers.customer] == ["bianchi", "rossi"]


def test_a_fault_is_read_with_its_detail(service: Any) -> None:
    with pytest.raises(Fault) as caught:
        service.GetPrice({"item": "nope"})
    told = {part.tag.rpartition("}")[2]: part.text for part in caught.value.detail[0]}
    assert (told["code"], told["field"]) == ("unknown_item", "request/item")


def test_a_date_without_a_zone_is_refused_with_an_example(service: Any) -> None:
    with pytest.raises(Fault) as caught:
        service.GetPrice({"item": "hammer", "at": datetime(2026, 11, 23, 12)})  # noqa: DTZ001
    assert "2026-12-31T12:00:00Z" in "".join(caught.value.detail.itertext())
