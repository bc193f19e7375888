"""Letters to people by SMTP: implements `ports.Mail`."""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import timedelta
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

from listino.core.alerts import Letter
from listino.core.errors import Unavailable, malformed

_PORTS = {"smtp": 587, "smtps": 465}
URL_SETTING, TO_SETTING, FROM_SETTING = "LISTINO_SMTP_URL", "LISTINO_ALERT_TO", "LISTINO_ALERT_FROM"


@dataclass(frozen=True, slots=True)
class SmtpMail:
    """A mail server, and between whom letters go.

    With a password the connection is encrypted before it is said; without, as soon as the server offers it.
    """

    host: str
    port: int
    tls_from_start: bool
    user: str | None
    password: str | None
    sender: str
    to: tuple[str, ...]
    ca_file: str | None = None

    def send(self, letter: Letter, deadline: timedelta) -> None:
        """One letter to all; the deadline is for each word of the conversation.

        Errors:  Unavailable, also where it may have arrived: a letter that comes twice does no harm.
        """
        context = ssl.create_default_context(cafile=self.ca_file)
        try:
            with self._connected(context, deadline.total_seconds()) as server:
                self._log_in(server, context)
                server.send_message(self._message(letter), self.sender, self.to)
        except (OSError, smtplib.SMTPException, MessageError) as error:
            raise Unavailable(
                f"The mail server {self.host} did not take a letter: {_said(error)}", code="mail"
            ) from error

    def _connected(self, context: ssl.SSLContext, wait_s: float) -> smtplib.SMTP:
        if self.tls_from_start:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=wait_s, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=wait_s)

    def _log_in(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        server.ehlo()
        if not self.tls_from_start and (self.password is not None or server.has_extn("starttls")):
            server.starttls(context=context)
        if self.user is not None:
            server.login(self.user, self.password or "")

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self.sender, ", ".join(self.to)
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{letter.id}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        return message


def mail_from(url: str, to: str, sender: str, ca_file: str | None) -> SmtpMail:
    """The mail of the settings: smtp://USER:PASSWORD@HOST:PORT (STARTTLS) or smtps://..., and the addresses.

    Errors:  Malformed, naming the setting.
    """
    try:
        place = urlsplit(url)
        port = place.port or _PORTS[place.scheme]
    except (ValueError, KeyError):
        place, port = urlsplit(""), 0
    if not place.hostname:
        # The setting holds a password, so it is not shown.
        text, remedy = (
            "It is not the address of a mail server.",
            "Set smtp://USER:PASSWORD@HOST:587 or smtps://HOST:465.",
        )
        raise malformed(URL_SETTING, "form", text, remedy)
    receivers = tuple(part.strip() for part in to.split(",") if part.strip())
    for setting, addresses in ((TO_SETTING, receivers), (FROM_SETTING, (sender,))):
        wrong = next((one for one in addresses if parseaddr(one)[1] != one or "@" not in one), None)
        if wrong is not None or not addresses:
            raise malformed(setting, "form", f"{wrong or ''!r} is not a mail address.", "Set NAME@DOMAIN.")
    return SmtpMail(
        place.hostname, port, place.scheme == "smtps", _part(place.username), _part(place.password), sender, receivers,
        ca_file,
    )  # fmt: skip


def _part(text: str | None) -> str | None:
    return unquote(text) if text else None


def _said(error: Exception) -> str:
    """What went wrong, without what was said: a server may repeat a password in its refusal."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__ if isinstance(error, smtplib.SMTPException) else str(error)
