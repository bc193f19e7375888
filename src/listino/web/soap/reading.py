"""A request's bytes as one XML element: bounded, decoded by us, and without anything that a document may hide.

Source:  docs/decisions/0023-soap.md. What is refused here is refused before a parser sees it.
"""

import re
import threading
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from typing import Any

from lxml import etree
from starlette.requests import Request

from listino.core.errors import Malformed, malformed
from listino.web.reading import body_of, too_large

BODY_BYTES_MAX = 2 << 20
# No honest message declares more; validating or copying one that does takes the square of it.
NAMESPACES_MAX = 200
# Nor is one element described by more.
ATTRIBUTES_MAX = 200
# Tags of one message: 1,000 lines with all that a line may say have a fifth of it.
TAGS_MAX = 200_000
# A body of up to so much is read at once, a larger one by a thread.
BYTES_DIRECT_MAX = 64 << 10
# As they are said in a Content-Type or an XML declaration: what Python calls the encoding.
ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1",
    "latin1": "latin-1", "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip
SOAP_1_1, SOAP_1_2, EITHER = "text/xml", "application/soap+xml", "application/xml"
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SIGNS = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_DECLARED = re.compile(r"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]*)["']""")
# A declaration stands at the very start and is short.
DECLARATION_MAX = 200
TYPES_KEPT_MAX = 64
_parsers = threading.local()
InThread = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class ContentType:
    """What a Content-Type header says: the type, the charset, and the action of SOAP 1.2."""

    type: str
    charset: str | None
    action: str | None


@lru_cache(maxsize=TYPES_KEPT_MAX)
def content_type(header: str) -> ContentType:
    """What a Content-Type header says; a client says the same each time."""
    said = Message()
    said["content-type"] = header
    kind = said.get_content_type() if "/" in header else ""
    return ContentType(kind, _parameter(said, "charset"), _parameter(said, "action"))


def _parameter(said: Message, name: str) -> str | None:
    value = said.get_param(name)
    return value.strip() if isinstance(value, str) else None


def content_type_of(request: Request) -> ContentType:
    """The Content-Type of a request that may be one of ours.

    Errors:  Malformed (unsupported_media_type).
    """
    header = request.headers.get("content-type", "")
    said = content_type(header)
    if said.type not in {SOAP_1_1, SOAP_1_2, EITHER}:
        raise _unsupported("Content-Type", f"The body is {header or 'of no type'}, and not XML.")
    return said


async def element_of(request: Request, said: ContentType, in_thread: InThread) -> etree._Element:
    """The root element of a request's body.

    Errors:  Malformed.
    """
    body = await body_of(request.scope, request.receive, BODY_BYTES_MAX)
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding == "gzip":
        body = _inflated(body)
    elif coding not in {"", "identity"}:
        raise _unsupported("Content-Encoding", f"A body cannot be encoded as {coding[:20]!r}.")
    if len(body) > BYTES_DIRECT_MAX:
        root: etree._Element = await in_thread(_read, body, said.charset)
        return root
    return _read(body, said.charset)


def _read(body: bytes, charset: str | None) -> etree._Element:
    return parsed(utf8_of(body, charset))


def _inflated(body: bytes) -> bytes:
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = inflate.decompress(body, BODY_BYTES_MAX + 1)
    except zlib.error:
        raise malformed("body", "malformed_gzip", "The body is not gzip.", "Send it as it is, or gzipped.") from None
    if len(plain) > BODY_BYTES_MAX:
        raise too_large(BODY_BYTES_MAX)
    if not inflate.eof or inflate.unused_data:
        raise malformed("body", "malformed_gzip", "The gzip ends too soon, or late.", "Send one whole member.")
    return plain


def utf8_of(body: bytes, charset: str | None) -> bytes:
    """A body as UTF-8 without a document type: by its mark, else the charset, else what it declares itself.

    Errors:  Malformed.
    """
    mark, encoding = next(((mark, name) for mark, name in _MARKS if body.startswith(mark)), (b"", None))
    said = _known(charset) if charset else None
    encoding = encoding or said
    if encoding is None:
        encoding = next((name for sign, name in _SIGNS if body.startswith(sign)), "utf-8")
    declared = _DECLARED.match(body[len(mark) : DECLARATION_MAX].decode(_width(encoding), "replace"))
    if declared is not None:
        named = _known(declared[1])
        encoding = named if encoding == "utf-8" and not mark and not charset and named != "utf-16" else encoding
    try:
        text = body[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        told = f"The body is not {encoding}."
        raise malformed("body", "wrong_encoding", told, "Say its encoding, and send it so.") from None
    utf8 = text.encode() if encoding != "utf-8" else body[len(mark) :]
    if b"<!DOCTYPE" in utf8:
        raise malformed("body", "document_type", "A message has no document type.", "Leave the DOCTYPE out.")
    if utf8.count(b"xmlns") > NAMESPACES_MAX:
        raise malformed("body", "too_many_namespaces", f"More than {NAMESPACES_MAX} namespaces.", "Declare each once.")
    if utf8.count(b"<") > TAGS_MAX:
        raise malformed("body", "too_many_tags", f"More than {TAGS_MAX} tags.", "Send fewer lines at once.")
    return utf8


def _width(encoding: str) -> str:
    return encoding if encoding.startswith("utf-16") else "latin-1"


def _known(name: str) -> str:
    encoding = ENCODINGS.get(name.lower())
    if encoding is None:
        raise _unsupported("Content-Type", f"The encoding {name[:20]!r} is not read.")
    return encoding


def _unsupported(field: str, text: str) -> Malformed:
    remedy = "Send text/xml (SOAP 1.1) or application/soap+xml (1.2), in UTF-8, as it is or gzipped."
    return malformed(field, "unsupported_media_type", text, remedy)


def parsed(utf8: bytes) -> etree._Element:
    """The root element of a document in UTF-8, whatever encoding it declares.

    Errors:  Malformed.
    """
    try:
        root = etree.fromstring(utf8, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        place = f" (line {line})" if line else ""
        text = f"The body is not well-formed XML{place}."
        raise malformed("body", "malformed_xml", text, "Send one whole XML 1.0 document.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise malformed("body", "document_type", "A message has no document type.", "Leave the DOCTYPE out.")
    if utf8.count(b"=") > ATTRIBUTES_MAX and any(len(element.attrib) > ATTRIBUTES_MAX for element in root.iter()):
        text = f"An element has more than {ATTRIBUTES_MAX} attributes."
        raise malformed("body", "too_many_attributes", text, "Send values as elements.")
    return root


def _parser() -> etree.XMLParser:
    parser: etree.XMLParser | None = getattr(_parsers, "own", None)
    if parser is None:
        parser = _parsers.own = etree.XMLParser(
            encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
            remove_comments=True, remove_pis=True,
        )  # fmt: skip
    return parser
