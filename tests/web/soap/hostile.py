"""Documents that want harm, and documents that only look so: what each is, and how it must be met."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.web.soap.envelopes import DECLARATION, ENVELOPE, NAMESPACE, TYPE, envelope, price, question

MANY = 100_000
# What a document may name, to be opened or called: the test puts its own file and address there.
FILE, ADDRESS = "@FILE@", "@ADDRESS@"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
PASSWORD_TEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"


@dataclass(frozen=True)
class Case:
    """One document: `fine` where it is to be answered as if it were plain; else it is refused."""

    name: str
    body: bytes
    version: str = "1.1"
    fine: bool = False
    quantity: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    bare: bool = False

    @property
    def sent(self) -> dict[str, str]:
        """The headers, without the key where the case brings its own (or none)."""
        return {"content-type": TYPE[self.version]} | self.headers


GOOD = DECLARATION + envelope(price())
ENTITY = '<!DOCTYPE s [<!ENTITY x "hammer">]>'
BOMB = (
    "<!DOCTYPE s ["
    + "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10 if level else "lol"}">' for level in range(10))
    + "]>"
)


def doctype(declared: str, item: str = "hammer") -> str:
    """A document with a document type."""
    return DECLARATION + declared + envelope(price("@").replace("@", item))


def cases() -> Iterator[Case]:
    """The whole catalogue."""
    yield from document_types()
    yield from encodings()
    yield from sizes()
    yield from inclusions()
    yield from broken()
    yield from envelopes()
    yield from operations()
    yield from credentials()
    yield from values()
    yield from harmless()


def document_types() -> Iterator[Case]:
    """A document type, however it is put."""
    system = f'<!DOCTYPE s SYSTEM "{ADDRESS}/x.dtd">'
    external = f'<!DOCTYPE s [<!ENTITY x SYSTEM "file://{FILE}">]>'
    parameter = f'<!DOCTYPE s [<!ENTITY % p SYSTEM "{ADDRESS}/p.dtd"> %p;]>'
    quadratic = '<!DOCTYPE s [<!ENTITY a "' + "a" * 50_000 + '">]>'
    plain = {
        "bare": doctype("<!DOCTYPE s>"),
        "without declaration": "<!DOCTYPE s>" + envelope(price()),
        "after comments": DECLARATION + "<!-- a --><!-- b --><!DOCTYPE s>" + envelope(price()),
        "after an instruction": DECLARATION + "<?x y?>\n\n<!DOCTYPE s>" + envelope(price()),
        "external subset": doctype(system),
        "public": doctype(f'<!DOCTYPE s PUBLIC "-//X" "{ADDRESS}/x.dtd">'),
        "internal entity": doctype(ENTITY, "&x;"),
        "file": doctype(external, "&x;"),
        "address": doctype(f'<!DOCTYPE s [<!ENTITY x SYSTEM "{ADDRESS}/x">]>', "&x;"),
        "parameter entity": doctype(parameter),
        "bomb": doctype(BOMB, "&l9;"),
        "bomb in an attribute": DECLARATION + BOMB + envelope(price(), root=' a="&l9;"'),
        "quadratic": doctype(quadratic, "&a;" * 1_000),
        "attribute default": doctype('<!DOCTYPE s [<!ATTLIST s a CDATA "x">]>'),
        "notation": doctype(f'<!DOCTYPE s [<!NOTATION n SYSTEM "{ADDRESS}/n">]>'),
    }
    for name, text in plain.items():
        yield Case(f"doctype {name}", text.encode())
        yield Case(f"doctype {name}, 1.2", text.replace(ENVELOPE["1.1"], ENVELOPE["1.2"]).encode(), "1.2")


def encodings() -> Iterator[Case]:
    """A document type in an encoding that hides it; encodings that are not read; one that is another than said."""
    text = doctype(ENTITY, "&x;")

    def declared(name: str, of: str = text) -> str:
        return of.replace("UTF-8", name, 1)

    yield Case("doctype in UTF-16, marked", declared("UTF-16").encode("utf-16"), headers=_type("utf-16"))
    yield Case("doctype in UTF-16, little", declared("UTF-16").encode("utf-16-le"), headers=_type("utf-16le"))
    yield Case("doctype in UTF-16, big, unsaid", declared("UTF-16").encode("utf-16-be"), headers=_type(None))
    yield Case("doctype in UTF-7", declared("UTF-7").encode("utf-7"), headers=_type(None))
    yield Case("doctype in UTF-7, said", declared("UTF-7").encode("utf-7"), headers=_type("utf-7"))
    hidden = declared("UTF-7").replace("<!DOCTYPE", "+ADwAIQ-DOCTYPE")
    yield Case("doctype hidden in UTF-7", hidden.encode(), headers=_type(None))
    yield Case("doctype in UTF-32", declared("UTF-32").encode("utf-32"), headers=_type(None))
    yield Case("doctype in EBCDIC", declared("cp037").encode("cp037"), headers=_type(None))
    yield Case("good in EBCDIC", declared("cp037", GOOD).encode("cp037"), headers=_type("cp037"))
    yield Case("good in UTF-32", declared("UTF-32", GOOD).encode("utf-32"), headers=_type("utf-32"))
    yield Case("charset unknown", GOOD.encode(), headers=_type("x-unknown"))
    yield Case("broken UTF-8", GOOD.encode().replace(b"hammer", b"ham\xffmer"))
    yield Case("overlong UTF-8", GOOD.encode().replace(b"hammer", b"ham\xc0\xaemer"))
    yield Case("surrogate in UTF-8", GOOD.encode().replace(b"hammer", b"ham\xed\xa0\x80mer"))
    yield Case("odd UTF-16", GOOD.encode("utf-16")[:-1], headers=_type("utf-16"))


def _type(charset: str | None) -> dict[str, str]:
    return {"content-type": "text/xml" + (f"; charset={charset}" if charset else "")}


def sizes() -> Iterator[Case]:
    """Too much of something."""
    spaces = " ".join(f'xmlns:n{number}="urn:{number}"' for number in range(50_000))
    yield Case("50,000 namespaces", envelope(price(), root=" " + spaces).encode())
    attributes = " ".join(f'a{number}="{number}"' for number in range(MANY))
    yield Case("100,000 attributes", envelope(price(), root=" " + attributes).encode())
    inner = price().replace("<item>", f"<item {attributes}>")
    yield Case("100,000 attributes on a field", envelope(inner).encode())
    yield Case("deep", envelope(price(more="<a>" * 100_000 + "</a>" * 100_000)).encode())
    yield Case("deep header", envelope(price(), header="<a>" * 5_000 + "</a>" * 5_000).encode())
    yield Case("3 MiB", envelope(price("h" * (3 << 20))).encode())
    yield Case(
        "500,000 empty elements",
        gzip.compress(envelope("<a/>" * 500_000).encode()),
        headers={"content-encoding": "gzip"},
    )
    yield Case("150,000 fields beside", envelope(price() + "<a/>" * 150_000).encode())
    yield Case("150,000 headers", envelope(price(), header="<a/>" * 150_000).encode())
    yield Case("150,000 parts", envelope(price()).replace("</s:Body>", "</s:Body>" + "<a/>" * 150_000).encode())
    yield Case("100,000 unknown fields", envelope(price(more="<x/>" * MANY)).encode())
    lines = "".join(f"<line><id>{n}</id><item>hammer</item></line>" for n in range(1_001))
    yield Case("1,001 lines", envelope(question(f"<lines>{lines}</lines>", "GetPrices")).encode())
    zipped = {"content-encoding": "gzip"}
    yield Case("gzip bomb", gzip.compress(b" " * (64 << 20)), headers=zipped)
    yield Case("gzip of gzip", gzip.compress(gzip.compress(GOOD.encode())), headers=zipped)
    yield Case("broken gzip", gzip.compress(GOOD.encode())[:-20], headers=zipped)
    yield Case("no gzip at all", GOOD.encode(), headers=zipped)
    yield Case("deflate", zlib.compress(GOOD.encode()), headers={"content-encoding": "deflate"})
    yield Case("two codings", gzip.compress(GOOD.encode()), headers={"content-encoding": "gzip, gzip"})
    for kind in ("text/plain", "application/json", "multipart/related; type=text/xml; boundary=b", "", "x"):
        yield Case(f"content type {kind!r}", GOOD.encode(), headers={"content-type": kind})
    soap12 = GOOD.replace(ENVELOPE["1.1"], ENVELOPE["1.2"]).encode()
    yield Case("1.2 as text/xml", soap12, headers={"content-type": "text/xml"})
    yield Case("1.1 as soap+xml", GOOD.encode(), headers={"content-type": "application/soap+xml"}, version="1.2")


def inclusions() -> Iterator[Case]:
    """What would have something else read in its place."""
    include = f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file://{FILE}" parse="text"/>'
    yield Case("XInclude", envelope(price("@").replace("@", include)).encode())
    yield Case("XInclude beside", envelope(price(more=include)).encode())
    attached = f'<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="{ADDRESS}/part"/>'
    yield Case("xop:Include", envelope(price("@").replace("@", attached)).encode())
    multi = price().replace("<item>hammer</item>", '<item href="#id1"/>')
    yield Case("href", envelope(multi + '<item id="id1">hammer</item>').encode())
    yield Case("stylesheet", f'{DECLARATION}<?xml-stylesheet href="{ADDRESS}/x.xsl"?>{envelope(price())}'.encode(),
               fine=True)  # fmt: skip
    location = f' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:x {ADDRESS}/x.xsd"'
    yield Case("schemaLocation", envelope(price(), root=location).encode(), fine=True)


def broken() -> Iterator[Case]:
    """What is no XML."""
    good = envelope(price()).encode()
    yield Case("nothing", b"")
    yield Case("blank", b"  \n ")
    yield Case("text", b"hammer")
    yield Case("JSON", b'{"item":"hammer"}')
    yield Case("cut off", good[:-12])
    yield Case("two roots", good + good)
    yield Case("text behind", good + b"x")
    yield Case("NUL", good.replace(b"hammer", b"ham\x00mer"))
    yield Case("control", good.replace(b"hammer", b"ham\x01mer"))
    yield Case("control by reference", good.replace(b"hammer", b"ham&#1;mer"))
    yield Case("U+FFFF by reference", good.replace(b"hammer", b"ham&#xFFFF;mer"))
    yield Case("undeclared entity", good.replace(b"hammer", b"&nbsp;"))
    yield Case("undeclared prefix", good.replace(b"<request>", b"<p:request>").replace(b"</request>", b"</p:request>"))
    yield Case("an attribute twice", good.replace(b"<item>", b'<item a="1" a="2">'))
    yield Case("tags crossed", good.replace(b"</item></request>", b"</request></item>"))


def envelopes() -> Iterator[Case]:
    """Envelopes that are none, or not the one that is said."""
    ns = f'xmlns:s="{ENVELOPE["1.1"]}"'
    body = f"<s:Body>{price()}</s:Body>"

    def wrapped(inner: str) -> bytes:
        return f"<s:Envelope {ns}>{inner}</s:Envelope>".encode()

    yield Case("two bodies", wrapped(body + body))
    yield Case("two headers", wrapped("<s:Header/><s:Header/>" + body))
    yield Case("header behind", wrapped(body + "<s:Header/>"))
    yield Case("element behind", wrapped(body + "<x/>"))
    yield Case("two children", wrapped(f"<s:Body>{price()}{price()}</s:Body>"))
    yield Case("empty body", wrapped("<s:Body/>"))
    yield Case("text in the body", wrapped(f"<s:Body>x{price()}</s:Body>"))
    yield Case("no body", wrapped("<s:Header/>"))
    yield Case("body in the header", wrapped(f"<s:Header>{body}</s:Header>"))
    yield Case("body wrapped", wrapped(f"<x>{body}</x>"))
    yield Case("no envelope", price().encode())
    yield Case("envelope unknown", envelope(price()).replace(ENVELOPE["1.1"], "urn:envelope").encode())
    yield Case("not qualified", f"<Envelope><Body>{price()}</Body></Envelope>".encode())
    twin = f'<Body xmlns="">{price()}</Body>'
    yield Case("a twin of the body", wrapped(twin))
    must = f'<x xmlns="urn:x" xmlns:s="{ENVELOPE["1.1"]}" s:mustUnderstand="1"/>'
    yield Case("unknown mustUnderstand", envelope(price(), header=must).encode())
    must12 = f'<x xmlns="urn:x" xmlns:s="{ENVELOPE["1.2"]}" s:mustUnderstand="true"/>'
    yield Case("unknown mustUnderstand, 1.2", envelope(price(), "1.2", header=must12).encode(), "1.2")
    other = must.replace("/>", ' s:actor="http://example.com/other"/>')
    yield Case("mustUnderstand of another", envelope(price(), header=other).encode(), fine=True)


def operations() -> Iterator[Case]:
    """What is asked for that there is not, or twice, or as nothing."""
    yield Case("unknown operation", envelope(question("<item>hammer</item>", "DropTables")).encode())
    yield Case("foreign namespace", envelope(price().replace(NAMESPACE, "urn:other")).encode())
    yield Case("a response", envelope(question("<item>hammer</item>", "GetPriceResponse")).encode())
    yield Case("unknown field", envelope(price(more="<colour>red</colour>")).encode())
    yield Case("a field twice", envelope(price(more="<item>saw</item>")).encode())
    yield Case("its unqualified twin", envelope(price(more='<item xmlns="">saw</item>')).encode())
    yield Case("a foreign twin", envelope(price(more='<item xmlns="urn:x">saw</item>')).encode())
    yield Case("no request", envelope(f'<GetPrice xmlns="{NAMESPACE}"/>').encode())
    twice = price().replace("</GetPrice>", "<request><item>saw</item></request></GetPrice>")
    yield Case("two requests", envelope(twice).encode())
    nil = '<item xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'
    yield Case("nil for what is required", envelope(question(nil)).encode())
    yield Case("an element in a value", envelope(price("@").replace("@", "<b>hammer</b>")).encode())
    yield Case("text among fields", envelope(price().replace("<item>", "x<item>")).encode())
    action = {"soapaction": f'"{NAMESPACE}:SubmitOrder"'}
    yield Case("another action", envelope(price()).encode(), headers=action)
    kind = f'application/soap+xml; charset=utf-8; action="{NAMESPACE}:SubmitOrder"'
    yield Case("another action, 1.2", envelope(price(), "1.2").encode(), "1.2", headers={"content-type": kind})


def username(password: str, kind: str = PASSWORD_TEXT) -> str:
    """A UsernameToken."""
    return (
        f'<w:Security xmlns:w="{SECURITY}"><w:UsernameToken><w:Username>shop</w:Username>'
        f'<w:Password Type="{kind}">{password}</w:Password></w:UsernameToken></w:Security>'
    )


def credentials() -> Iterator[Case]:
    """Who says two things of who it is."""
    wrong = username("wrong")
    yield Case("a good key and a wrong token", envelope(price(), header=wrong).encode())
    yield Case("two securities", envelope(price(), header=username("@KEY@") * 2).encode(), bare=True)
    digest = username("@KEY@", PASSWORD_TEXT.replace("PasswordText", "PasswordDigest"))
    yield Case("a digest", envelope(price(), header=digest).encode(), bare=True)
    yield Case("no key", envelope(price()).encode(), bare=True)
    yield Case("an empty password", envelope(price(), header=username("")).encode(), bare=True)
    yield Case("a token of text", envelope(price(), header=username("@KEY@")).encode(), bare=True, fine=True)


BAD_NUMBERS = (
    "NaN", "INF", "-INF", "1e3", "1.0E-7", "1,5", "0x10", "\u0661\u0662", "1_000", "9" * 40, "0." + "1" * 5_000,
    "1.2.3", "--1", "+-1", "1 2", "", " ", "Infinity", "\u00bd", "\uff11", "1e400", "1" * 19, "0.1234567891", "0",
)  # fmt: skip
BAD_TIMES = (
    "2026-11-23T12:00:00", "2026-02-30T12:00:00Z", "0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "2026-11-23",
    "2026-11-23T24:00:01Z", "2026-11-23T25:00:00Z", "2026-13-01T00:00:00Z", "", "now", "12:00:00Z",
    "2026-11-23T12:00:00+25:00", "20261123T120000Z", "\u0662026-11-23T12:00:00Z",
)  # fmt: skip


def values() -> Iterator[Case]:
    """Numbers, instants and codes that are none."""
    for number in BAD_NUMBERS:
        yield Case(f"quantity {number[:20]!r}", envelope(price(more=f"<quantity>{number}</quantity>")).encode())
    for instant in BAD_TIMES:
        yield Case(f"instant {instant!r}", envelope(price(more=f"<at>{instant}</at>")).encode())
    yield Case("a code of 65", envelope(price("h" * 65)).encode())
    yield Case("a code of tabs", envelope(price("ham&#9;mer")).encode().replace(b"&amp;", b"&"))
    yield Case("a revision of letters", envelope(price(more="<minRevision>x</minRevision>")).encode())
    yield Case("a revision too large", envelope(price(more=f"<minRevision>{'9' * 30}</minRevision>")).encode())
    yield Case("a flag of words", envelope(price(more="<ladder>yes</ladder>")).encode())


def harmless() -> Iterator[Case]:
    """What real clients send, however it looks."""
    split = "<quantity>1<!-- -->0</quantity>"
    yield Case("a comment in a number", envelope(price(more=split)).encode(), fine=True, quantity="10")
    split = "<quantity>1<?x y?>0</quantity>"
    yield Case("an instruction in a number", envelope(price(more=split)).encode(), fine=True, quantity="10")
    yield Case("CDATA", envelope(price("@").replace("@", "<![CDATA[hammer]]>")).encode(), fine=True)
    yield Case(
        "spaces around", envelope(price(" hammer \n", "<quantity> 2 </quantity>")).encode(), fine=True, quantity="2"
    )
    yield Case("UTF-16", GOOD.replace("UTF-8", "UTF-16").encode("utf-16"), headers=_type("utf-16"), fine=True)
    yield Case("latin-1", GOOD.replace("UTF-8", "ISO-8859-1").encode(), headers=_type(None), fine=True)
    yield Case("marked UTF-8", GOOD.encode("utf-8-sig"), fine=True)
    yield Case("gzip", gzip.compress(GOOD.encode()), headers={"content-encoding": "gzip"}, fine=True)
    typed = price().replace("<item>", '<item xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
                            'xmlns:x="http://www.w3.org/2001/XMLSchema" i:type="x:string">')  # fmt: skip
    yield Case("xsi:type", envelope(typed).encode(), fine=True)
    nil = '<unit xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'
    yield Case("nil for what may be absent", envelope(price(more=nil)).encode(), fine=True)
    yield Case("an empty text", envelope(price(more="<customer/>")).encode(), fine=True)
    turned = question("<quantity>2</quantity><item>hammer</item>")
    yield Case("another order", envelope(turned).encode(), fine=True, quantity="2")
    for action in (f'"{NAMESPACE}:GetPrice"', f"{NAMESPACE}:GetPrice", '""', ""):
        yield Case(f"action {action}", envelope(price()).encode(), headers={"soapaction": action}, fine=True)
    yield Case("application/xml", GOOD.encode(), headers={"content-type": "application/xml"}, fine=True)
    addressing = '<a:To xmlns:a="http://www.w3.org/2005/08/addressing" xmlns:s="{}" s:mustUnderstand="1">x</a:To>'
    yield Case("WS-Addressing", envelope(price(), header=addressing.format(ENVELOPE["1.1"])).encode(), fine=True)
