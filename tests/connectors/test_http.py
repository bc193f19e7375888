"""The one way to the network: whole answers by a deadline, and honest failures. Each test serves on a real socket."""

import gzip
import socket
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from listino.connectors.http import HttpClient, Policy
from listino.core.errors import OutcomeUnknown, Unavailable
from listino.ports import HttpRequest
from tests.connectors.raw_server import request_of, serving

COMPANY = Policy(company_network=True)
SOON = timedelta(seconds=0.6)
LONG = timedelta(seconds=20)
# A drip that nothing ended would go on for this long: far beyond any deadline here.
DRIPS = 400
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-One: a\r\nX-One: b\r\n\r\ndone"


def to(port: int, method: str = "POST", body: bytes = b'{"a": 1}', scheme: str = "http") -> HttpRequest:
    url = f"{scheme}://127.0.0.1:{port}/path?x=1"
    return HttpRequest(method=method, url=url, headers={"Content-Type": "application/json"}, body=body)


def answering(*parts: bytes, pause_s: float = 0.0) -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        request_of(connection)
        for part in parts:
            connection.sendall(part)
            time.sleep(pause_s)

    return script


def test_a_request_goes_out_whole_and_its_answer_comes_back_whole() -> None:
    seen: list[bytes] = []

    def script(connection: socket.socket) -> None:
        seen.append(request_of(connection))
        connection.sendall(OK)

    with serving(script) as port:
        answer = HttpClient(COMPANY).send(to(port), LONG)
    assert (answer.status, answer.headers, answer.body) == (200, {"content-length": "4", "x-one": "a, b"}, b"done")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /path?x=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{port}".encode() in head
    assert body == b'{"a": 1}'


def test_an_answer_in_chunks_and_a_compressed_one_come_whole() -> None:
    packed = gzip.compress(b"y" * 100_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with serving(answering(head + packed)) as port:
        assert HttpClient(COMPANY).send(to(port), LONG).body == b"y" * 100_000
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with serving(answering(chunked)) as port:
        assert HttpClient(COMPANY).send(to(port), LONG).body == b"abcde"


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with serving(
        answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    ) as port:
        answer = HttpClient(COMPANY).send(to(port), LONG)
    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:1/")


DRIPPED = {
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", *[b"x"] * DRIPS),
    "head": (b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * DRIPS),
    "status line": tuple(bytes([byte]) for byte in b"HTTP/1.1 200 " + b"O" * DRIPS),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * DRIPS),
    "until the end": (b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * DRIPS),
    "nothing": (b"", *[b""] * DRIPS),
}


@pytest.mark.parametrize("parts", DRIPPED.values(), ids=DRIPPED)
def test_a_server_that_drips_is_left_at_the_deadline_and_the_outcome_is_unknown(parts: tuple[bytes, ...]) -> None:
    with serving(answering(*parts, pause_s=0.1)) as port, pytest.raises(OutcomeUnknown, match="deadline is over"):
        HttpClient(COMPANY).send(to(port), SOON)


def test_a_server_that_does_not_read_to_the_end_has_surely_not_done_it() -> None:
    with serving(lambda connection: time.sleep(5)) as port, pytest.raises(Unavailable, match="deadline is over"):
        HttpClient(COMPANY).send(to(port, body=b"x" * 30_000_000), SOON)


def test_a_handshake_that_never_ends_is_left_at_the_deadline_and_surely_nothing_was_done() -> None:
    with serving(lambda connection: time.sleep(5)) as port, pytest.raises(Unavailable, match="deadline is over"):
        HttpClient(COMPANY).send(to(port, scheme="https"), SOON)


def test_who_refuses_a_long_request_before_its_end_is_heard() -> None:
    def script(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1_000_000):
            pass

    with serving(script) as port:
        assert HttpClient(COMPANY).send(to(port, body=b"x" * 5_000_000), LONG).status == 413


def cut(parts: bytes) -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(parts)

    return script


@pytest.mark.parametrize(
    "parts",
    [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", b"nonsense\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"],
)  # fmt: skip
def test_an_answer_that_is_lost_or_cut_leaves_the_outcome_unknown(parts: bytes) -> None:
    with serving(cut(parts)) as port, pytest.raises(OutcomeUnknown, match="got the request and gave no whole answer"):
        HttpClient(COMPANY).send(to(port), LONG)


def test_an_answer_beyond_its_bound_is_not_read_on() -> None:
    endless = (b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 1000] * 100)
    policy = Policy(company_network=True, answer_bytes_max=20_000)
    with serving(answering(*endless)) as port, pytest.raises(OutcomeUnknown, match="longer than 20000 bytes"):
        HttpClient(policy).send(to(port), LONG)


def test_nobody_there_and_no_such_name_mean_that_nothing_was_done() -> None:
    with serving(cut(b"")) as port:
        pass
    for url, code in [
        (f"http://127.0.0.1:{port}/", "unreachable"),
        ("http://no-such-host.invalid/", "dns"),
        ("ftp://127.0.0.1/", "bad_address"),
        ("http://127.0.0.1:99999/", "bad_address"),
    ]:
        with pytest.raises(Unavailable) as failure:
            HttpClient(COMPANY).send(HttpRequest(method="GET", url=url, headers={}), LONG)
        assert failure.value.code == code


def test_a_header_that_would_break_out_of_its_line_is_not_sent() -> None:
    seen: list[bytes] = []
    with serving(lambda connection: seen.append(request_of(connection))) as port, pytest.raises(Unavailable) as failure:
        HttpClient(COMPANY).send(
            HttpRequest(method="GET", url=f"http://127.0.0.1:{port}/", headers={"X": "a\r\nY: b"}), LONG
        )
    assert failure.value.code == "bad_request"
    assert seen in ([], [b""])


def test_an_internal_address_is_refused_before_a_byte_goes_out_unless_its_network_is_allowed() -> None:
    seen: list[bytes] = []

    def script(connection: socket.socket) -> None:
        seen.append(request_of(connection))
        connection.sendall(OK)

    with serving(script) as port:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"):
            with pytest.raises(Unavailable) as failure:
                HttpClient(Policy()).send(HttpRequest(method="GET", url=f"http://{host}:{port}/", headers={}), LONG)
            assert failure.value.code == "address_refused", host
        assert seen == []
        allowed = Policy(networks=(ip_network("127.0.0.0/8"),))
        assert HttpClient(allowed).send(to(port), LONG).status == 200
    assert len(seen) == 1


def test_a_name_that_leads_inside_when_it_is_called_is_refused_whatever_it_led_to_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: the resolver's answer of that very connection counts."""
    real = socket.getaddrinfo
    seen: list[bytes] = []
    with serving(lambda connection: seen.append(request_of(connection))) as port:

        def rebound(host: str, *args: object, **kwargs: object) -> object:
            return real("127.0.0.1" if host == "hooks.example.com" else host, *args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        with pytest.raises(Unavailable) as failure:
            HttpClient(Policy()).send(
                HttpRequest(method="POST", url=f"https://hooks.example.com:{port}/", headers={}, body=b"x"), LONG
            )
    assert failure.value.code == "address_refused"
    assert seen == []


def test_tls_is_verified_and_the_operators_own_authority_can_be_added(tmp_path: Path) -> None:
    authority = trustme.CA()
    here, there = authority.issue_cert("127.0.0.1"), authority.issue_cert("other.example")
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    trusting = Policy(company_network=True, ca_file=str(ca_file))
    for certificate, policy, expected in [(here, trusting, None), (here, COMPANY, "tls"), (there, trusting, "tls")]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        with serving(answering(OK), tls=context) as port:
            if expected is None:
                assert HttpClient(policy).send(to(port, scheme="https"), LONG).body == b"done"
                continue
            with pytest.raises(Unavailable) as failure:
                HttpClient(policy).send(to(port, scheme="https"), LONG)
            assert failure.value.code == expected


def test_the_transcript_and_the_log_hold_what_was_said_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    secrets = {
        "hunter2-pass": "password", "tok-1234567": "token", "QUxBRERJTjpPUEVO": "basic", "s3ss10n-id": "session",
        "whsec_c2VjcmV0LXNlY3JldA==": "ours", "known-by-value": "known", "url-pass-word": "url",
        "deadbeefdeadbeefdeadbeefdeadbeef": "random",
    }  # fmt: skip
    body = (
        b'{"method": "login", "params": {"password": "hunter2-pass", "api_token":"tok-1234567", "item": "CB-1"},'
        b' "text": "{\\"sessionId\\": \\"s3ss10n-id\\"}", "note": "known-by-value whsec_c2VjcmV0LXNlY3JldA=="}'
    )
    told = b'{"result": [1, "deadbeefdeadbeefdeadbeefdeadbeef"], "session": "s3ss10n-id", "sale": "S-9"}'
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=s3ss10n-id\r\nContent-Length: %d\r\n\r\n" % len(told)
    client = HttpClient(Policy(company_network=True, secrets=("known-by-value",)))
    with serving(answering(head + told)) as port:
        url = f"http://admin:url-pass-word@127.0.0.1:{port}/rpc?access_token=tok-1234567"
        headers = {"Authorization": "Basic QUxBRERJTjpPUEVO", "X-Session": "s3ss10n-id", "X-Plain": "seen"}
        client.send(HttpRequest(method="POST", url=url, headers=headers, body=body), LONG)
    printed = capsys.readouterr()
    kept = f"{client.transcript}{printed.out}{printed.err}"
    assert {meaning for secret, meaning in secrets.items() if secret in kept} == set()
    (exchange,) = client.transcript
    assert (exchange.method, exchange.url, exchange.status) == ("POST", f"http://127.0.0.1:{port}/rpc", 200)
    assert '"item": "CB-1"' in exchange.request_body
    assert '"sale": "S-9"' in exchange.answer_body
    assert exchange.request_headers["X-Plain"] == "seen"


def test_a_failure_stands_in_the_transcript_too() -> None:
    client = HttpClient(Policy())
    with pytest.raises(Unavailable):
        client.send(HttpRequest(method="GET", url="http://10.0.0.1/", headers={}), LONG)
    assert client.transcript[0].failure == (
        "Unavailable: 10.0.0.1 leads to 10.0.0.1, an address of an internal network, "
        "which the operator has not allowed."
    )
