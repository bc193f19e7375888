"""Letters go by a real SMTP server, encrypted wherever a password is said, and say nothing secret when they fail."""

from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from listino.connectors.mail import SmtpMail, mail_from
from listino.core.alerts import Letter
from listino.core.errors import Malformed, Unavailable
from tests.connectors.mailbox import mail_server

DEADLINE = timedelta(seconds=10)
LETTER = Letter(
    "alert-1-ab12", "Listino: 1 order parked\nBcc: evil@example.com", "Order shop/1001 is parked – è così.\n"
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def mail_to(port: int, ca_file: str | None, login: str = "listino:p%40ss%2Fword@") -> SmtpMail:
    return mail_from(f"smtp://{login}127.0.0.1:{port}", "a@example.com, b@example.com", "listino@example.com", ca_file)


def test_a_letter_arrives_whole_over_an_encrypted_connection(authority: trustme.CA, ca_file: str) -> None:
    with mail_server(authority) as (box, port):
        mail_to(port, ca_file).send(LETTER, DEADLINE)
    ((sender, receivers, message),) = box.arrived
    assert (sender, receivers) == ("listino@example.com", ["a@example.com", "b@example.com"])
    assert message["Subject"] == "Listino: 1 order parked Bcc: evil@example.com"
    assert message["Message-ID"] == "<alert-1-ab12@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Bcc"] is None
    assert message.get_content().replace("\r\n", "\n") == LETTER.body


def test_a_server_of_ones_own_without_encryption_takes_letters_without_a_password() -> None:
    with mail_server(None) as (box, port):
        mail_to(port, None, "").send(LETTER, DEADLINE)
    assert len(box.arrived) == 1


def test_a_password_is_never_said_in_clear() -> None:
    with mail_server(None) as (box, port), pytest.raises(Unavailable, match="SMTPNotSupportedError"):
        mail_to(port, None).send(LETTER, DEADLINE)
    assert box.arrived == []


def test_an_unknown_certificate_is_not_trusted(authority: trustme.CA) -> None:
    with mail_server(authority) as (box, port), pytest.raises(Unavailable, match="certificate"):
        mail_to(port, None).send(LETTER, DEADLINE)
    assert box.arrived == []


def test_a_refused_login_is_told_without_the_password(authority: trustme.CA, ca_file: str) -> None:
    with mail_server(authority) as (box, port), pytest.raises(Unavailable) as failure:
        mail_to(port, ca_file, "listino:wrong@").send(LETTER, DEADLINE)
    assert failure.value.detail == "The mail server 127.0.0.1 did not take a letter: SMTPAuthenticationError 535"
    assert box.arrived == []


def test_a_refused_letter_and_a_server_that_is_not_there_come_later() -> None:
    with mail_server(None, refuses=True) as (box, port), pytest.raises(Unavailable):
        mail_to(port, None, "").send(LETTER, DEADLINE)
    assert box.arrived == []
    with pytest.raises(Unavailable):
        mail_to(port, None, "").send(LETTER, DEADLINE)


@pytest.mark.parametrize(
    ("url", "to", "sender", "setting"),
    [
        ("mail.example.com", "a@example.com", "l@example.com", "LISTINO_SMTP_URL"),
        ("http://mail.example.com", "a@example.com", "l@example.com", "LISTINO_SMTP_URL"),
        ("smtp://x:secret@:99999", "a@example.com", "l@example.com", "LISTINO_SMTP_URL"),
        ("smtp://mail.example.com", "", "l@example.com", "LISTINO_ALERT_TO"),
        ("smtp://mail.example.com", "a@example.com, nobody", "l@example.com", "LISTINO_ALERT_TO"),
        ("smtp://mail.example.com", "a@example.com", "Listino <l@example.com>", "LISTINO_ALERT_FROM"),
    ],
)
def test_settings_that_cannot_work_are_named_without_what_is_secret(
    url: str, to: str, sender: str, setting: str
) -> None:
    with pytest.raises(Malformed) as refusal:
        mail_from(url, to, sender, None)
    assert refusal.value.faults[0].field == setting
    assert "secret" not in str(refusal.value)
    assert refusal.value.faults[0].remedy


def test_ports_are_the_usual_ones() -> None:
    assert mail_from("smtp://m.example.com", "a@example.com", "l@example.com", None).port == 587
    assert mail_from("smtps://m.example.com", "a@example.com", "l@example.com", None).tls_from_start
