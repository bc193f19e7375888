"""Envelopes as clients write them, and how a fault reads."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

from tests.asgi import Response

NAMESPACE = "urn:listino:v1"
ENVELOPE = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}
TYPE = {"1.1": "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8"}
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


@dataclass(frozen=True)
class Told:
    """A fault: whose it is (the words of its version), and the problem's fields."""

    status: int
    code: str
    problem: dict[str, str]


def envelope(body: str, version: str = "1.1", *, header: str = "", root: str = "") -> str:
    """A document around what stands in its body; `root` is what else the root says."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return f'<s:Envelope xmlns:s="{ENVELOPE[version]}"{root}>{head}<s:Body>{body}</s:Body></s:Envelope>'


def question(inner: str, operation: str = "GetPrice") -> str:
    """An operation's element with what its request says."""
    return f'<{operation} xmlns="{NAMESPACE}"><request>{inner}</request></{operation}>'


def price(item: str = "hammer", more: str = "") -> str:
    """The question for a price."""
    return question(f"<item>{escape(item)}</item>{more}")


def told(answer: Response) -> Told:
    """The fault that an answer is, in either version."""
    root = etree.fromstring(answer.body)
    version = next(name for name, uri in ENVELOPE.items() if root.tag == f"{{{uri}}}Envelope")
    fault = root.find(f"{{{ENVELOPE[version]}}}Body/{{{ENVELOPE[version]}}}Fault")
    assert fault is not None, answer.body
    soap = f"{{{ENVELOPE['1.2']}}}"
    code = fault.findtext("faultcode") or fault.findtext(f"{soap}Code/{soap}Value") or ""
    detail = fault.find("detail") if version == "1.1" else fault.find(f"{soap}Detail")
    problem = detail[0] if detail is not None and len(detail) else ()
    return Told(
        answer.status, code.partition(":")[2], {etree.QName(part).localname: part.text or "" for part in problem}
    )
