"""Origins of web pages, as browsers write them: scheme://host[:port]."""

import re
from urllib.parse import SplitResult, urlsplit

from listino.core.errors import Fault

ORIGIN_LENGTH_MAX = 200
PORT_MAX = 65_535
DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*|\[[0-9a-f:.]+\]")
_REMEDY = "Send it as a browser does, as https://shop.example.com or http://localhost:8080."


def origin_of(text: str, field: str) -> str | Fault:
    """An origin as browsers send it: in small letters, without a usual port or a last slash; or what is wrong.

    Source:  RFC 6454, 6.1; WHATWG HTML, "ASCII serialization of an origin".
    """
    if len(text) > ORIGIN_LENGTH_MAX:
        return Fault(field, "too_long", f"An origin has at most {ORIGIN_LENGTH_MAX} characters.", _REMEDY)
    if text in {"*", "null"}:
        said = "Every page of the world" if text == "*" else "A page without an origin"
        return Fault(field, "not_an_origin", f"{said} is not an origin that a token can be for.", _REMEDY)
    if not text.isascii():
        remedy = "Write the host as browsers send it, in Punycode: https://xn--bcher-kva.example."
        return Fault(field, "not_an_origin", f"{text!r} is not ASCII.", remedy)
    parts, port = _parts(text)
    if parts is None or parts.scheme not in DEFAULT_PORTS or _has_more(parts) or not _HOST.fullmatch(_host_of(parts)):
        return Fault(field, "not_an_origin", f"{text!r} is not an origin.", _REMEDY)
    shown = "" if port is None or port == DEFAULT_PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{_host_of(parts)}{shown}"


def _parts(text: str) -> tuple[SplitResult | None, int | None]:
    """An address in its parts; none where it is not one."""
    if not text.isprintable() or " " in text:
        return None, None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None, None
    return (None, None) if parts.netloc.endswith(":") or port == 0 else (parts, port)


def _has_more(parts: SplitResult) -> bool:
    """Whether an address says more than an origin does: a path, a question, a fragment, a user."""
    return parts.path not in {"", "/"} or bool(parts.query or parts.fragment) or "@" in parts.netloc


def _host_of(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host
