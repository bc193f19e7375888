"""What can go wrong, sorted by who must act next."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with one field, and what to do about it."""

    field: str
    code: str
    text: str
    remedy: str = ""


class Refused(Exception):
    """The caller must act: the request is not carried out and nothing has changed."""

    def __init__(self, code: str, detail: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.faults = faults


class Malformed(Refused):
    """What was said cannot be understood or cannot be true."""


class NotAllowed(Refused):
    """The caller is not who may do this."""


class NotFound(Refused):
    """What was named does not exist."""


class Gone(Refused):
    """What was named existed and is no longer kept."""


class Conflict(Refused):
    """Somebody else changed, or refers to, what was to be changed."""


class DifferentContent(Refused):
    """The same key came before with other content."""


class TooOften(Refused):
    """The caller asked more often than it may: again in `retry_in_s` seconds."""

    def __init__(self, code: str, detail: str, faults: tuple[Fault, ...], retry_in_s: int) -> None:
        super().__init__(code, detail, faults)
        self.retry_in_s = retry_in_s


class Unavailable(Exception):
    """Time will mend it: ask again in `retry_in_s` seconds."""

    def __init__(self, detail: str, retry_in_s: int = 5, code: str = "unavailable") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_in_s = retry_in_s


class OutcomeUnknown(Exception):
    """What was asked of the outside may have been done or not: look before asking again."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class ErpSaidNo(Exception):
    """The ERP understood and refused: a person of the company must act.

    Shapes:  code is stable and short ("unknown_item"), detail for people, remedy what a person can do.
    """

    def __init__(self, code: str, detail: str, remedy: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.remedy = remedy


def malformed(field: str, code: str, text: str, remedy: str = "") -> Malformed:
    """A refusal with one fault."""
    return Malformed(code, text, (Fault(field, code, text, remedy),))
