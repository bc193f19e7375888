"""SOAP as the tests of this folder speak it: messages in, answers validated against the published schema out."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from listino.web.soap.table import NAMESPACE, QUALIFIED, camel
from listino.web.soap.wsdl import FILE, XS
from tests.shop import House

ENVELOPES = {
    "1.1": ("http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset=utf-8"),
    "1.2": ("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml; charset=utf-8"),
}
RELEASED = Path(__file__).parent / "released.wsdl"


@cache
def schema() -> etree.XMLSchema:
    """The schema of the contract."""
    return etree.XMLSchema(etree.ElementTree(next(etree.parse(FILE).iter(XS + "schema"))))


def xml(name: str, value: Any) -> str:
    """A value as an element; a dict holds elements, a list several of them."""
    if isinstance(value, list):
        return "".join(xml(name, one) for one in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(xml(inner, one) for inner, one in value.items())}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def message(operation: str, request: dict[str, Any]) -> str:
    """The element of an operation with its request."""
    return xml(operation, {"request": request}).replace(f"<{operation}>", f'<{operation} xmlns="{NAMESPACE}">', 1)


def envelope(body: str, version: str = "1.1", header: str = "") -> bytes:
    """A message of a version."""
    namespace = ENVELOPES[version][0]
    head = f"<e:Header>{header}</e:Header>" if header else ""
    return f'<e:Envelope xmlns:e="{namespace}">{head}<e:Body>{body}</e:Body></e:Envelope>'.encode()


@dataclass
class Answer:
    """What came back: the status, the element in the body, and how it was sent."""

    status: int
    headers: dict[str, str]
    element: etree._Element

    @property
    def result(self) -> Any:
        """The result as plain values: an element of elements as a dict, one of several alike as a list of them."""
        assert self.status == 200, etree.tostring(self.element)
        return plain(self.element[0])

    @property
    def problem(self) -> Any:
        """The detail of a fault as plain values."""
        found = self.element.find(f".//{QUALIFIED}Problem")
        assert found is not None, etree.tostring(self.element)
        return plain(found)


def sent(house: House, body: bytes, version: str = "1.1", **headers: str) -> Answer:
    """Send a whole message; what comes back must be valid by the schema."""
    said = {"content-type": ENVELOPES[version][1]} | {name.replace("_", "-"): text for name, text in headers.items()}
    response = house.client.request("POST", "/soap", content=body, headers=said)
    root = etree.fromstring(response.body)
    inner = root[0][0]
    told = inner if inner.tag.startswith(QUALIFIED) else inner.find(f".//{QUALIFIED}Problem")
    if told is not None:
        schema().assertValid(etree.ElementTree(etree.fromstring(etree.tostring(told))))
    return Answer(response.status, response.headers, inner)


def asked(house: House, operation: str, request: dict[str, Any], version: str = "1.1") -> Answer:
    """Ask an operation."""
    return sent(house, envelope(message(operation, request), version), version)


def plain(element: etree._Element) -> Any:
    """An element as plain values, lists as lists."""
    children = list(element)
    names = [str(etree.QName(child).localname) for child in children]
    if not children:
        return element.text or ""
    if element.tag.removeprefix(QUALIFIED) in _lists():
        return [plain(child) for child in children]
    return {name: plain(child) for name, child in zip(names, children, strict=True)}


@cache
def _lists() -> frozenset[str]:
    """The elements of the contract that are lists."""
    from listino.web.soap.wsdl import types  # noqa: PLC0415

    known = types()
    lists = {kind for kind, elements in known.items() if len(elements) == 1 and elements[0].repeated}
    return frozenset(one.name for elements in known.values() for one in elements if one.type in lists)


def camelled(value: Any) -> Any:
    """REST's answer with SOAP's names, without what is not said; all values as text."""
    if isinstance(value, dict):
        return {camel(name): camelled(inner) for name, inner in value.items() if inner not in (None, False, [], {})}
    if isinstance(value, list):
        return [camelled(one) for one in value]
    return "true" if value is True else str(value)
