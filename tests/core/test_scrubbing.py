"""Of a message only the values of named fields are kept, wherever it is cut off and whatever it is."""

import pytest

from listino.core.scrubbing import ANSWERED, scrubbed, scrubbed_query, scrubbed_xml

ORDER = (
    '{"number":"1","buyer":{"name":"Mario","more":[{"code":"Mario"}]},"lines":[{"item":"hammer","quantity":3,'
    '"text":"Mario","fields":{"item":"Mario"}},"Mario"],"notes":"Mario \\" Mario","coupons":["A"],"key":"Mario",'
    '"Mario":"Mario","contacts":["Mario"],"items":{"Mario":"x"},"vat_id":"Mario"}'
)
SOAP = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="Mario"><s:Header><w:Username>Mario</w:Username></s:Header><!-- Mario -->'
    '<s:Body><submitOrder><number>7</number><buyer><name a="Mario">Mario</name></buyer><netPrice>3.10</netPrice>'
    "<notes><![CDATA[Mario]]></notes><request><lines><line><item>hammer</item><text>Mario</text>"
    "<fields><field><name>Mario</name><value>Mario</value></field></fields></line></lines>"
    "<billTo><code>Mario</code><country>Mario</country></billTo><attributes><attribute><value>Mario</value></attribute>"
    "</attributes><vouchers><voucher><code>Mario</code><net>1</net></voucher></vouchers>"
    "</request></submitOrder></s:Body></s:Envelope>"
)


def test_an_order_keeps_its_codes_and_amounts_and_nobody() -> None:
    assert scrubbed(ORDER) == (
        '{"number":"1","buyer":"…","lines":[{"item":"hammer","quantity":3,"text":"…","fields":"…"},"…"],"notes":"…",'
        '"coupons":"…","key":"…","…":"…","contacts":"…","items":"…","vat_id":"…"}'
    )


def test_a_soap_message_keeps_its_codes_and_amounts_and_nobody() -> None:
    assert scrubbed_xml(SOAP) == (
        "<Envelope><Header><Username>…</Username></Header><Body><submitOrder><number>7</number><buyer><name>…</name>"
        "</buyer><netPrice>3.10</netPrice><notes></notes><request><lines><line><item>hammer</item><text>…</text>"
        "<fields><field><name>…</name><value>…</value></field></fields></line></lines>"
        "<billTo><code>…</code><country>…</country></billTo><attributes><attribute><value>…</value></attribute>"
        "</attributes><vouchers><voucher><code>…</code><net>…</net></voucher></vouchers>"
        "</request></submitOrder></Body></Envelope>"
    )


def test_wherever_a_message_is_cut_off_nobody_shows() -> None:
    assert [end for end in range(len(ORDER)) if "Mar" in scrubbed(ORDER[:end])] == []
    assert [end for end in range(len(SOAP)) if "Mar" in scrubbed_xml(SOAP[:end])] == []


@pytest.mark.parametrize(
    "text", ["Mario Rossi", '"Mario', '["Mario"]', "{Mario: Mario}", "Mario=1&x={Mario", "}]}Mario"]
)
def test_what_is_no_message_shows_nobody(text: str) -> None:
    assert "Mario" not in scrubbed(text)
    assert "Mario" not in scrubbed_xml(f"<{text}")


def test_a_refusal_keeps_its_code_and_sentence_but_not_what_it_repeats() -> None:
    said = (
        '{"code":"unknown_field","detail":"There is no field Mario.","errors":[{"field":"lines[0].item","text":"Mario",'
        '"remedy":"Not \'Mario\', \\"O\'Brien\\", m@x.it: `x`."},{"field":"Mario Rossi"}],"incident":"a1"}'
    )
    assert scrubbed(said, ANSWERED) == (
        '{"code":"unknown_field","detail":"…","errors":[{"field":"lines[0].item","text":"…",'
        '"remedy":"Not \'…\', \'…\', \'…\' \'…\'."},{"field":"…"}],"incident":"a1"}'
    )


def test_a_query_keeps_the_values_of_named_parameters() -> None:
    assert (
        scrubbed_query("customer=100&q=Mario&token=abc&limit=3&mario%40x.it=1&") == "customer=100&q=…&token=…&limit=3"
    )


def test_an_address_of_mail_is_kept_nowhere() -> None:
    assert scrubbed('{"customer":"m@x.it","item":"a"}') == '{"customer":"…","item":"a"}'
    assert scrubbed_query("customer=m%40x.it&item=m@x.it") == "customer=…&item=…"
    said = "<E:Envelope><Body><Get><request><customer>m@x.it</customer></request></Get></Body></E:Envelope>"
    assert "m@x.it" not in scrubbed_xml(said)
