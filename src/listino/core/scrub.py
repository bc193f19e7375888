"""Secrets taken out of what is logged or kept for diagnosis."""

import re
from collections.abc import Mapping

SCRUBBED = "[scrubbed]"

_NAME = r"[\w.-]*(?:pass(?:word|wd|phrase)|secret|token|api[_-]?key|signature|credential|session|authorization)[\w.-]*"
_HEADER = re.compile(r"auth|cookie|secret|token|key|signature|session|password", re.IGNORECASE)
# "password": "x", also inside JSON that is itself text; an array or object behind such a name goes as a whole.
_JSON = re.compile(
    rf"""(\\*"{_NAME}\\*"\s*:\s*)(?:\\*"(?:[^"\\]|\\(?!"\s*[,}}\]])[\s\S])*(?:\\*"|\Z)|\[[^\]]*(?:\]|\Z)|[^\s,\]}}"{{]+)""",
    re.IGNORECASE,
)
_FORM = re.compile(rf"((?:^|[?&;\s]){_NAME}=)[^&;\s\"<]+", re.IGNORECASE)
_XML = re.compile(rf"(<(?:\w+:)?{_NAME}(?:\s[^>]*)?>)[^<]+", re.IGNORECASE)
# What is random by its look: keys of ours and of others, sessions, signed tokens.
_RANDOM = re.compile(
    r"\b(?:whsec_[\w+/=-]+|(?:Bearer|Basic|Session)\s+[\w+/=.~-]{8,}|[0-9a-f]{32,}|eyJ[\w-]+\.[\w-]+\.[\w-]*)",
    re.IGNORECASE,
)


def scrubbed_text(text: str, secrets: tuple[str, ...] = ()) -> str:
    """A body or message with what looks like a secret taken out, and those that are known by their value."""
    for secret in filter(None, secrets):
        text = text.replace(secret, SCRUBBED)
    text = _JSON.sub(rf'\1"{SCRUBBED}"', text)
    text = _FORM.sub(rf"\1{SCRUBBED}", text)
    text = _XML.sub(rf"\1{SCRUBBED}", text)
    return _RANDOM.sub(SCRUBBED, text)


def scrubbed_headers(headers: Mapping[str, str], secrets: tuple[str, ...] = ()) -> dict[str, str]:
    """Headers without the values of those that carry a secret by their name or their look."""
    return {
        name: SCRUBBED if _HEADER.search(name) else scrubbed_text(value, secrets) for name, value in headers.items()
    }
