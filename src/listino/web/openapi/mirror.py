"""The operation that tells how far a management system is followed."""

from listino.web.openapi.parts import Paths, answer, operation, page
from listino.web.openapi.schemas import named


def mirror() -> Paths:
    """How far the book follows."""
    state = operation(
        "getMirror",
        "Service",
        "See how far management systems are followed",
        "For each management system whose facts are mirrored: how far it was read and when, what came from it, what "
        "of it is not in the book and why, and what a person has to confirm before it ends. `listino mirror` reads it "
        "now.",
        scope="facts:read",
        answers={"200": answer("The systems.", page(named("MirrorSource"), "Each system."))},
    )
    return {"/v1/mirror": {"get": state}}
