"""Codes that a person takes for one another look the same; letters of other languages stay what they are."""

import pytest

from listino.core.lookalikes import look_of


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("rossi", "ROSSI"),
        ("CB 10432", "cb10432"),
        (" A\u00a01 ", "a1"),
        ("STRASSE", "straße"),
        ("ＡＢＣ１", "abc1"),
        ("ﬁne", "FINE"),
        ("m²", "M2"),
        ("sof\u00adt", "soft"),
        ("A\u200bB", "ab"),
        ("ΣΑΣ", "σας"),
        ("É", "é"),
    ],
)
def test_case_spaces_and_forms_of_letters_make_no_difference(code: str, other: str) -> None:
    assert look_of(code) == look_of(other)


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("ırmak", "irmak"),
        ("ISTANBUL", "ıstanbul"),
        ("İzmir", "izmir"),
        ("A-1", "A1"),
        ("e", "é"),
        ("0", "O"),
        ("A", "Α"),
    ],
)
def test_other_letters_are_other_codes(code: str, other: str) -> None:
    assert look_of(code) != look_of(other)
