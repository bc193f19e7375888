"""Who asks by SOAP: the API key as the password of Basic or of a UsernameToken, or as Bearer; all that come agree."""

import binascii
from base64 import b64decode
from collections.abc import Iterable

from lxml import etree
from starlette.requests import Request

from listino.core.errors import Fault, NotAllowed
from listino.web.soap.envelope import SECURITY

TOKEN, PASSWORD = SECURITY + "UsernameToken", SECURITY + "Password"
# The end of the type's name that says that a password stands there as it is.
AS_TEXT = "#PasswordText"


def secret_of(request: Request, headers: Iterable[etree._Element]) -> bytes:
    """The API key that a request brings.

    Errors:  NotAllowed (unauthenticated) for none, for one that cannot be read, and for two that differ.
    """
    said = [_of_http(one) for one in request.headers.getlist("authorization")]
    securities = [header for header in headers if header.tag == SECURITY + "Security"]
    if len(securities) > 1:
        raise unauthenticated("The message has two Security headers.")
    for header in securities:
        said += [_of_token(one) for one in header if one.tag == TOKEN]
    if not said:
        raise unauthenticated("This needs an API key.")
    if len(set(said)) > 1:
        raise unauthenticated("The message brings two keys that differ.")
    return said[0]


def _of_http(header: str) -> bytes:
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode("latin-1")
    if scheme.lower() != "basic":
        raise unauthenticated("The Authorization is neither Basic nor Bearer.")
    try:
        _, colon, password = b64decode(value.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        raise unauthenticated("The Basic credentials cannot be read.") from None
    if not colon:
        raise unauthenticated("The Basic credentials cannot be read.")
    return password


def _of_token(token: etree._Element) -> bytes:
    passwords = [part for part in token if part.tag == PASSWORD]
    if len(passwords) != 1 or len(passwords[0]):
        raise unauthenticated("The UsernameToken has no one Password.")
    if not passwords[0].get("Type", AS_TEXT).endswith(AS_TEXT):
        raise unauthenticated("The UsernameToken's password is no text: digests are not taken.")
    text: str = passwords[0].text or ""
    return text.strip().encode()


def unauthenticated(text: str) -> NotAllowed:
    """The refusal of whoever does not say who it is."""
    remedy = "Send HTTP Basic or a UsernameToken with any user name and the API key as the password as text, or Bearer."
    return NotAllowed("unauthenticated", text, (Fault("authorization", "unauthenticated", text, remedy),))
