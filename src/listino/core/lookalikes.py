"""Codes that a person takes for one another: how a code looks, whatever its case, spaces and forms of letters."""

import unicodedata


def look_of(code: str) -> str:
    """What two codes share that look alike: compatible forms and cases folded, spaces and invisible signs left out.

    A letter that is another letter in some language stays one: the Turkish dotless i is no i.
    """
    if code.isascii():
        return "".join(code.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", code).casefold())
    return "".join(sign for sign in folded if not sign.isspace() and unicodedata.category(sign) != "Cf")
