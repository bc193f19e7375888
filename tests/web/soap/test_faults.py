"""What a caller did wrong comes back as a fault that its client can read, in both versions; and nothing is done."""

import gzip
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from listino.flows.access import created
from listino.web.soap.envelope import ADDRESSING, SECURITY
from tests.shop import NOW, CountedChance, House, opened
from tests.web.soap.messages import ENVELOPES, Answer, asked, envelope, message, sent

PRICE = message("GetPrice", {"item": "hammer"})
ORDER = message(
    "SubmitOrder",
    {"key": "k", "customer": "rossi", "number": "1", "orderedAt": "2026-11-23T12:00:00Z", "currency": "EUR",
     "lines": {"line": {"item": "hammer", "quantity": "3"}}},
)  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("faults")) as house:
        yield house


def code_of(answer: Answer) -> str:
    """The code of a fault, as its version says it."""
    text = answer.element.findtext("faultcode") or answer.element[0][0].text
    return str(text).partition(":")[2]


@pytest.mark.parametrize(("version", "status", "code"), [("1.1", 500, "Client"), ("1.2", 400, "Sender")])
def test_a_fault_names_code_field_and_remedy(house: House, version: str, status: int, code: str) -> None:
    answer = asked(house, "GetPrice", {"item": "nope"}, version)
    assert (answer.status, answer.headers["content-type"]) == (status, ENVELOPES[version][1])
    assert code_of(answer) == code
    assert answer.problem == {
        "code": "unknown_item", "text": "There is no item 'nope'.", "field": "request/item",
        "remedy": "Name one of items.",
    }  # fmt: skip


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("GetPrice", {}, "missing", "request/item"),
    ("GetPrice", {"item": ""}, "missing", "request/item"),
    ("GetPrice", {"item": ["hammer", "saw"]}, "twice", "request/item"),
    ("GetPrice", {"item": "hammer", "price": "1"}, "unknown_field", "request/price"),
    ("GetPrice", {"item": "hammer", "quantity": "1e3"}, "not_a_number", "request/quantity"),
    ("GetPrice", {"item": "hammer", "quantity": "1234567890123456789"}, "out_of_range", "request/quantity"),
    ("GetPrice", {"item": "hammer", "quantity": "0.1234567890"}, "out_of_range", "request/quantity"),
    ("GetPrice", {"item": "hammer", "quantity": ""}, "empty", "request/quantity"),
    ("GetPrice", {"item": "hammer", "quantity": "0"}, "zero", "request/quantity"),
    ("GetPrice", {"item": "hammer", "at": ""}, "empty", "request/at"),
    ("GetPrice", {"item": "hammer", "at": "2026-11-23T12:00:00"}, "zone_missing", "request/at"),
    ("GetPrice", {"item": "hammer", "at": "2026-02-30T12:00:00Z"}, "not_an_instant", "request/at"),
    ("GetPrice", {"item": "hammer", "explain": "some"}, "not_a_choice", "request/explain"),
    ("GetPrice", {"item": "hammer", "currency": "euro"}, "not_a_currency", "request/currency"),
    ("GetPrice", {"item": "hammer", "customer": "x"}, "unknown_customer", "request/customer"),
    ("GetPrice", {"item": "hammer", "minRevision": "9"}, "not_there_yet", "request/minRevision"),
    ("GetPrice", {"item": "hammer", "knownAt": "2026-11-23T12:00:00Z", "knownRevision": "1"}, "twice",
     "request/knownAt"),
    ("GetPrices", {"lines": {}}, "count", "request/lines"),
    ("GetPrices", {"lines": {"line": [{"id": "a", "item": "saw"}, {"id": "b", "item": "saw", "quantity": "x"}]}},
     "not_a_number", "request/lines/line[2]/quantity"),
    ("GetPrices", {"lines": {"line": [{"item": "saw"}]}}, "missing", "request/lines/line[1]/id"),
    ("GetPrices", {"lines": {"row": "x"}}, "unknown_field", "request/lines/row"),
    ("SubmitOrder", {"key": "k", "number": "2", "orderedAt": "2026-11-23", "currency": "EUR", "lines": {}},
     "not_an_instant", "request/orderedAt"),
    ("SubmitOrder", {"number": "2", "orderedAt": "2026-11-23T12:00:00Z", "currency": "EUR", "lines": {}}, "missing",
     "request/key"),
    ("SubmitOrder", {"key": "k", "number": "2", "orderedAt": "2026-11-23T12:00:00Z", "currency": "EUR",
                     "customer": "rossi", "lines": {"line": {"item": "saw", "quantity": "-1"}}}, "not_positive",
     "request/lines/line[1]/quantity"),
    ("SubmitOrder", {"key": "k" * 256, "number": "2", "orderedAt": "2026-11-23T12:00:00Z", "currency": "EUR",
                     "customer": "rossi", "lines": {"line": {"item": "saw", "quantity": "1"}}}, "length",
     "request/key"),
    ("GetOrderStatus", {"key": "none"}, "unknown_order", "request/key"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "request_", "code", "field"), CASES)
def test_what_cannot_be_is_refused_by_its_path(
    house: House, operation: str, request_: dict[str, Any], code: str, field: str
) -> None:
    for version in ENVELOPES:
        problem = asked(house, operation, request_, version).problem
        assert (problem["code"], problem["field"]) == (code, field)
        assert problem["remedy"]
    assert house.get("/v1/conservation").json()["taken"] == 0


def test_an_incident_is_ours_and_has_a_number(house: House) -> None:
    _, secret = created(house.database, "t", ["all"], channel=None, test=True, now=NOW, chance=CountedChance(20))
    bearer = {"Authorization": f"Bearer {secret}"}
    for version, status, code in (("1.1", 500, "Server"), ("1.2", 500, "Receiver")):
        answer = sent(house, envelope(message("GetPrice", {"item": "TEST:incident"}), version), version, **bearer)
        assert (answer.status, code_of(answer), answer.problem["code"]) == (status, code, "internal")
        assert len(answer.problem["incident"]) == 12
        later = sent(house, envelope(message("GetPrice", {"item": "TEST:rate_limited"}), version), version, **bearer)
        assert (later.problem["code"], later.problem["retryAfterSeconds"]) == ("rate_limited", "1")


def basic(secret: str) -> str:
    return "Basic " + b64encode(f"anybody:{secret}".encode()).decode()


def token(secret: str, kind: str = "") -> str:
    uri = SECURITY[1:-1]
    return (
        f'<w:Security xmlns:w="{uri}" e:mustUnderstand="1"><w:UsernameToken><w:Username>x</w:Username>'
        f"<w:Password{kind}>{secret}</w:Password></w:UsernameToken></w:Security>"
    )


DIGEST = ' Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"'
TEXT = DIGEST.replace("Digest", "Text")


def credentials(key: str) -> dict[str, tuple[dict[str, str], str, bool]]:
    """(HTTP headers, SOAP header, whether they are good)."""
    return {
        "basic": ({"Authorization": basic(key)}, "", True),
        "bearer": ({"Authorization": f"Bearer {key}"}, "", True),
        "token": ({"Authorization": ""}, token(key), True),
        "token as text": ({"Authorization": ""}, token(key, TEXT), True),
        "both": ({"Authorization": basic(key)}, token(key), True),
        "none": ({"Authorization": ""}, "", False),
        "wrong": ({"Authorization": basic("listino_live_no")}, "", False),
        "no password": ({"Authorization": basic("")}, "", False),
        "not base64": ({"Authorization": "Basic %%%"}, "", False),
        "another scheme": ({"Authorization": "Digest x"}, "", False),
        "digest": ({"Authorization": ""}, token(key, DIGEST), False),
        "good basic, wrong token": ({"Authorization": basic(key)}, token("no"), False),
        "two headers that differ": ({"Authorization": ""}, token(key) + token("no"), False),
    }


@pytest.mark.parametrize("name", credentials(""))
@pytest.mark.parametrize("version", ENVELOPES)
def test_who_asks_must_say_so_once_or_alike(house: House, name: str, version: str) -> None:
    headers, header, good = credentials(house.key)[name]
    headers = {name: text for name, text in headers.items() if text} or {"Authorization": ""}
    known = house.client._headers
    house.client._headers = {}
    try:
        answer = sent(house, envelope(PRICE, version, header), version, **{k: v for k, v in headers.items() if v})
    finally:
        house.client._headers = known
    if good:
        assert answer.result["price"]["netPrice"] == "9.50"
    else:
        assert (answer.status, answer.problem["code"]) == (401, "unauthenticated")
        assert answer.problem["remedy"].startswith("Send HTTP Basic or a UsernameToken with any user name")
        assert answer.headers["www-authenticate"] == 'Basic realm="listino"'


def test_a_key_without_the_scope_is_told_so(house: House) -> None:
    _, secret = created(
        house.database, "reader", ["prices:read"], channel=None, test=False, now=NOW, chance=CountedChance(50)
    )
    answer = sent(house, envelope(ORDER), Authorization=f"Bearer {secret}")
    assert (answer.status, answer.problem["code"]) == (500, "scope_missing")
    assert house.get("/v1/conservation").json()["taken"] == 0


def test_headers_that_must_be_understood_are_or_are_refused(house: House) -> None:
    must = 'e:mustUnderstand="1"'
    unknown = f'<x:Foo xmlns:x="urn:x" {must}/>'
    for version in ENVELOPES:
        answer = sent(house, envelope(PRICE, version, unknown), version)
        assert (answer.status, code_of(answer)) == (500, "MustUnderstand")
        assert (
            b"Problem"
            not in house.client.request(
                "POST",
                "/soap",
                content=envelope(PRICE, version, unknown),
                headers={"content-type": ENVELOPES[version][1]},
            ).body
        )
    for role in ('e:actor="http://elsewhere"',):
        assert sent(house, envelope(PRICE, "1.1", unknown.replace(must, f"{must} {role}"))).result["price"]
    for space in ADDRESSING:
        address = f'<a:ReplyTo xmlns:a="{space[1:-1]}" {must}><a:Address>x</a:Address></a:ReplyTo>'
        assert sent(house, envelope(PRICE, "1.2", address), "1.2").result["price"]
    signed = token(house.key).replace("</w:UsernameToken>", "</w:UsernameToken><w:Signature/>")
    assert code_of(sent(house, envelope(PRICE, "1.1", signed))) == "MustUnderstand"


def test_the_action_and_the_body_agree(house: House) -> None:
    for action in ('"urn:listino:v1:GetPrice"', "urn:listino:v1:GetPrice", '""', "", "urn:listino:v1#GetPrice"):
        assert sent(house, envelope(PRICE), soapaction=action).result["price"]
    assert sent(house, envelope(PRICE), soapaction="urn:listino:v1:SubmitOrder").problem["code"] == "action_differs"
    for action, good in (("urn:listino:v1:GetPrice", True), ("urn:listino:v1:Ping", False)):
        kind = f'application/soap+xml; charset=utf-8; action="{action}"'
        answer = sent(house, envelope(PRICE, "1.2"), "1.2", **{"content-type": kind})
        assert (answer.status == 200) is good


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/json", 'multipart/related; type="application/xop+xml"', "", "text/xml; charset=utf-7"],
)
def test_what_is_not_read_is_told_by_the_status(house: House, kind: str) -> None:
    answer = sent(house, envelope(PRICE), **{"content-type": kind})
    assert (answer.status, answer.problem["code"]) == (415, "unsupported_media_type")


def test_the_envelope_is_of_the_version_that_its_type_says(house: House) -> None:
    assert sent(house, envelope(PRICE, "1.1"), **{"content-type": "application/xml"}).result["price"]
    assert code_of(sent(house, envelope(PRICE, "1.2"), **{"content-type": "text/xml"})) == "VersionMismatch"
    assert code_of(sent(house, envelope(PRICE, "1.1"), "1.2")) == "VersionMismatch"


def test_encodings_and_gzip_are_read(house: House) -> None:
    text = envelope(message("Ping", {"echo": "èñ€"})).decode()
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        assert sent(house, text.encode(encoding), **{"content-type": "text/xml"}).result["echo"] == "èñ€"
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?>' + text.replace("€", "")
    assert sent(house, latin.encode("latin-1"), **{"content-type": "text/xml"}).result["echo"] == "èñ"
    packed = gzip.compress(text.encode())
    assert sent(house, packed, content_encoding="gzip").result["echo"] == "èñ€"
    assert sent(house, packed[:-9], content_encoding="gzip").problem["code"] == "malformed_gzip"
    assert sent(house, gzip.compress(b" " * (3 << 20)), content_encoding="gzip").problem["code"] == "too_large"


DOCTYPE = '<!DOCTYPE a [<!ENTITY b "c">]>'
OTHERS = [
    (DOCTYPE.encode() + envelope(PRICE), "document_type"),
    ((DOCTYPE + envelope(PRICE).decode()).encode("utf-16"), "document_type"),
    ((DOCTYPE + envelope(PRICE).decode()).encode("utf-16-be"), "document_type"),
    (envelope(PRICE)[:-5], "malformed_xml"),
    (envelope(PRICE + PRICE), "body_children"),
    (envelope(""), "body_children"),
    (envelope("x" + PRICE), "text"),
    (envelope(PRICE.replace("GetPrice", "Nope")), "unknown_operation"),
    (envelope(PRICE.replace("urn:listino:v1", "urn:x")), "unknown_operation"),
    (envelope('<GetPriceResponse xmlns="urn:listino:v1"/>'), "unknown_operation"),
    (envelope(PRICE.replace("hammer", "ham<b/>mer")), "elements"),
    (envelope(PRICE.replace("</request>", "<x:unit xmlns:x='urn:x'>KG</x:unit></request>")), "unknown_field"),
    (envelope(PRICE.replace("<request>", "<request>text")), "text"),
    (envelope(PRICE.replace("request>", "ask>")), "unknown_field"),
    (envelope(" ".join(f'<a xmlns:a{n}="u{n}"/>' for n in range(300))), "too_many_namespaces"),
    (b" " * (3 << 20), "too_large"),
]


@pytest.mark.parametrize(("body", "code"), OTHERS, ids=[f"{number} {code}" for number, (_, code) in enumerate(OTHERS)])
def test_what_is_no_message_is_refused(house: House, body: bytes, code: str) -> None:
    answer = sent(house, body, **{"content-type": "text/xml"})
    assert (answer.status, code_of(answer), answer.problem["code"]) == (500, "Client", code)


def test_comments_and_cdata_do_not_change_a_value(house: House) -> None:
    for written in ("1<!-- -->0", "1<?pi?>0", "<![CDATA[1]]>0", " \n10\t", "+10.", "010"):
        body = PRICE.replace("</request>", f"<quantity>{written}</quantity></request>")
        assert sent(house, envelope(body)).result["price"]["quantity"] == "10"


def test_nil_is_absent_and_the_order_of_fields_is_free(house: House) -> None:
    nil = '<{0} xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'
    empty = "".join(nil.format(name) for name in ("quantity", "unit", "at", "customer", "coupons"))
    body = PRICE.replace("<item>", empty + "<ladder>0</ladder><item>")
    assert sent(house, envelope(body)).result["price"]["quantity"] == "1"
    assert sent(house, envelope(PRICE.replace("<item>hammer</item>", nil.format("item")))).problem["code"] == "missing"


def test_a_label_that_xml_cannot_hold_comes_without_it(house: House) -> None:
    house.put("rules", "odd", action="percent", item="saw", value="1", label="a\x0bb<&>]]>\r")
    steps = asked(house, "GetPrice", {"item": "saw"}).result["price"]["steps"]
    assert steps[-1]["label"] == "ab<&>]]>\r"


@pytest.mark.parametrize("query", ["wsdl", "WSDL", "singleWsdl"])
def test_the_contract_is_served_without_credentials_with_the_address_of_the_caller(house: House, query: str) -> None:
    headers = {"host": "prices.example:8443", "Authorization": ""}
    answer = house.client.request("GET", "/soap", params={query: ""}, headers=headers)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.body.count(b'location="http://prices.example:8443/soap"') == 2
    assert b"listino.invalid" not in answer.body


def test_one_version_alone_is_served_too_and_whoever_is_lost_is_helped(house: House) -> None:
    for version, port, other in (
        ("1.1", b"ListinoSoap11", b"ListinoSoap12"),
        ("1.2", b"ListinoSoap12", b"ListinoSoap11"),
    ):
        body = house.get("/soap", wsdl=version).body
        assert port in body
        assert other not in body
    assert b"/soap?wsdl" in house.get("/soap").body
    assert house.client.request("DELETE", "/soap").status == 405
