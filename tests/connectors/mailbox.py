"""A real mail server on a free port, and what arrived at it."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Mailbox:
    """What arrived, with between whom."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, list[str], EmailMessage]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.arrived.append((envelope.mail_from, envelope.rcpt_tos, message))
        return "250 OK"


def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"listino", b"p@ss/word")
    return AuthResult(success=known, handled=False, message=None if known else "535 5.7.8 no: p@ss/word")


@contextmanager
def mail_server(authority: trustme.CA | None, *, refuses: bool = False) -> Iterator[tuple[Mailbox, int]]:
    """A mail server on a free port: with STARTTLS and a login, or without either."""
    box, more = Mailbox(), dict[str, Any]()
    if authority is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        more = {"tls_context": context, "require_starttls": True, "authenticator": login, "auth_required": True}
    if refuses:
        more["data_size_limit"] = 1

    class OnFreePort(Controller):
        def _trigger_server(self) -> None:
            assert isinstance(self.server, asyncio.Server)
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()  # type: ignore[no-untyped-call]

        def factory(self) -> SMTP:
            return SMTP(box, hostname="mail.example.com", **more)

    controller = OnFreePort(box, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield box, controller.port
    finally:
        controller.stop()
