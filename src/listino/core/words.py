"""Text as it is searched: without case, accents and the letters that only one alphabet has."""

import unicodedata

# Letters that no decomposition brings back to the one that people type.
_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h"})


def folded(text: str) -> str:
    """A text for comparison: small letters without accents; ß is ss, and the Turkish i, dotted or not, is i.

    Two texts that people would type alike become the same.
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join([letter for letter in apart if not unicodedata.combining(letter)])
    return kept.translate(_LETTERS)


def together(text: str) -> str:
    """Letters and digits alone: how a code or number is typed by who leaves out what stands between."""
    return "".join([letter for letter in text if letter.isalnum()])
