"""The envelope of SOAP 1.1 and 1.2: its version, its headers, and the one element in its body."""

from dataclasses import dataclass

from lxml import etree

from listino.core.errors import Fault, Refused, malformed
from listino.web.soap.reading import EITHER, SOAP_1_1, SOAP_1_2, ContentType


@dataclass(frozen=True, slots=True)
class Version:
    """One version of SOAP: its namespace, the type of its messages, and for whom a header may be."""

    name: str
    namespace: str
    content_type: str
    role: str
    roles: frozenset[str]
    musts: frozenset[str]


V11 = Version(
    "1.1", "http://schemas.xmlsoap.org/soap/envelope/", SOAP_1_1, "actor",
    frozenset(["", "http://schemas.xmlsoap.org/soap/actor/next"]), frozenset(["1", "true"]),
)  # fmt: skip
_ROLE = "http://www.w3.org/2003/05/soap-envelope/role/"
V12 = Version(
    "1.2", "http://www.w3.org/2003/05/soap-envelope", SOAP_1_2, "role",
    frozenset(["", _ROLE + "next", _ROLE + "ultimateReceiver"]), frozenset(["1", "true"]),
)  # fmt: skip
VERSIONS = {version.namespace: version for version in (V11, V12)}
SECURITY = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
ADDRESSING = ("{http://www.w3.org/2005/08/addressing}", "{http://schemas.xmlsoap.org/ws/2004/08/addressing}")
HEADERS_MAX = 50


class WrongVersion(Refused):
    """The envelope is of no version of SOAP that we speak, or not of the one that its type says."""


class NotUnderstood(Refused):
    """A header that must be understood is not."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened message: its headers that are for us, and the element that names the operation."""

    version: Version
    headers: tuple[etree._Element, ...]
    asked: etree._Element


def version_of(said: ContentType) -> Version:
    """In which version a request is answered that could not be read."""
    return V12 if said.type == SOAP_1_2 else V11


def opened(root: etree._Element, said: ContentType) -> Envelope:
    """The envelope of a message.

    Errors:  WrongVersion; Malformed.
    """
    namespace, _, name = root.tag[1:].rpartition("}")
    version = VERSIONS.get(namespace)
    if name != "Envelope" or version is None or said.type not in {version.content_type, EITHER}:
        text = f"The message is no SOAP envelope of {said.type}."
        remedy = f"Send a SOAP 1.1 envelope as {SOAP_1_1}, one of SOAP 1.2 as {SOAP_1_2}."
        raise WrongVersion("wrong_version", text, (Fault("Envelope", "wrong_version", text, remedy),))
    parts = root[:3]
    tags = [part.tag for part in parts]
    header, body = (f"{{{namespace}}}{part}" for part in ("Header", "Body"))
    if tags not in ([body], [header, body]):
        raise malformed("Envelope", "not_an_envelope", "An envelope holds a Header, or none, and one Body.", "Send it.")
    held = len(parts[-1])
    if held != 1:
        text = f"The Body holds {held} elements; it holds one, which is named like the operation."
        raise malformed("Body", "body_children", text, "Send one array or object with a request in it.")
    if len(parts) > 1 and len(parts[0]) > HEADERS_MAX:
        raise malformed("Header", "too_many", f"There are more than {HEADERS_MAX} headers.", "Send fewer.")
    for holder in (root, *parts):
        if holds_text(holder):
            raise malformed(
                etree.QName(holder).localname, "text", "There is text between the elements.", "Take it out."
            )
    headers = list(parts[0]) if len(parts) > 1 else []
    ours = tuple(one for one in headers if one.get(f"{{{namespace}}}{version.role}", "").strip() in version.roles)
    return Envelope(version, ours, parts[-1][0])


def holds_text(element: etree._Element) -> bool:
    """Whether there is text between an element's own."""
    text = element.text
    if text is not None and text.strip():
        return True
    return any(tail is not None and tail.strip() for tail in [child.tail for child in element])


def check_understood(envelope: Envelope) -> None:
    """Refuse a header that must be understood and is not; credentials are, and WS-Addressing, which says nothing here.

    Errors:  NotUnderstood.
    """
    version = envelope.version
    for header in envelope.headers:
        if header.get(f"{{{version.namespace}}}mustUnderstand", "").strip() not in version.musts:
            continue
        if header.tag == SECURITY + "Security":
            unknown = [part for part in header if part.tag != SECURITY + "UsernameToken" and not _is_time(part)]
        else:
            unknown = [] if header.tag.startswith(ADDRESSING) else [header]
        if unknown:
            name = etree.QName(unknown[0]).localname
            text = f"The header {name} must be understood, and is not."
            raise NotUnderstood("not_understood", text, (Fault(name, "not_understood", text, "Leave it out."),))


def _is_time(part: etree._Element) -> bool:
    return bool(etree.QName(part).localname == "Timestamp")
