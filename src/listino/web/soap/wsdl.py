"""The contract as it is served, and the elements of its types: read once from listino.wsdl."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

FILE = Path(__file__).parent / "listino.wsdl"
# In the place of this address stands that of the installation, as the caller sees it.
ADDRESS = b"http://listino.invalid"
XS = "{http://www.w3.org/2001/XMLSchema}"
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
# The parts of a version that a contract of the other alone leaves out.
_PARTS = {"1.1": "ListinoSoap12", "1.2": "ListinoSoap11"}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type: of which type it is itself, and whether it may be left out or come several times."""

    name: str
    type: str
    optional: bool
    repeated: bool


def served(root: str, version: str | None) -> bytes:
    """The contract with the address of this installation; of one version of SOAP alone, where one is named."""
    return _contract(version).replace(ADDRESS, escape(root, {'"': "&quot;"}).encode())


@cache
def _contract(version: str | None) -> bytes:
    body = FILE.read_bytes()
    if version not in _PARTS:
        return body
    document = etree.fromstring(body)
    for part in [*document.iter(_WSDL + "binding"), *document.iter(_WSDL + "port")]:
        if part.get("name") == _PARTS[version]:
            part.getparent().remove(part)
    whole: bytes = etree.tostring(document, xml_declaration=True, encoding="UTF-8")
    return whole


@cache
def types() -> Mapping[str, tuple[Element, ...]]:
    """The elements of each type of the contract, in order."""
    document = etree.fromstring(FILE.read_bytes())
    return {
        kind.get("name"): tuple(_element(one) for one in kind.iter(XS + "element"))
        for kind in document.iter(XS + "complexType")
        if kind.get("name") is not None
    }


def _element(said: etree._Element) -> Element:
    return Element(
        said.get("name"),
        said.get("type").rpartition(":")[2],
        said.get("minOccurs") == "0",
        said.get("maxOccurs", "1") != "1",
    )
