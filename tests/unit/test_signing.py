"""Keys in every wrapping, the signed text, signatures good and bad, Antom's times."""

from __future__ import annotations

import base64
import functools
import re
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_antom.clock import parse_time
from flask_antom.errors import SignatureError
from flask_antom.gateway.keys import (
    Keyring,
    find_faults,
    load_private_key,
    load_public_key,
)
from flask_antom.gateway.signing import (
    format_header,
    parse_header,
    sign,
    signed_text,
    verify,
)
from tests.support.keys import (
    ANTOM_PRIVATE_KEY,
    ANTOM_PUBLIC_KEY,
    MERCHANT_PRIVATE_KEY,
    MERCHANT_PUBLIC_KEY,
    OTHER_PRIVATE_KEY,
    OTHER_PUBLIC_KEY,
)
from tests.support.thorough import examples

PATH = "/antom/notify"
CLIENT = "SANDBOX_5YDEMO00000000001"
TIME = "2026-11-23T08:01:54+08:30"
BODY = b'{"notifyType":"PAYMENT_RESULT"}'

ANTOM = load_private_key(ANTOM_PRIVATE_KEY)
OTHER = load_private_key(OTHER_PRIVATE_KEY)
ANTOMS_KEYS = {"1": ANTOM.public_key()}

WRAPPINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "trailing blanks": lambda key: key + " \n\n",
    "leading blanks": lambda key: "\n  " + key,
    "CRLF": lambda key: key.replace("\n", "\r\n"),
    "escapes": lambda key: key.replace("\n", "\\n"),
    "CRLF escapes": lambda key: key.replace("\n", "\\r\\n"),
    "indented": lambda key: textwrap.indent(key, "    "),
    "wrapped": lambda key: (
        key if key.startswith("-") else "\n".join(textwrap.wrap(key, 64))
    ),
}


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    encoded = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return encoded.decode()


def private_forms(bare: str) -> dict[str, str]:
    key = load_private_key(bare)
    forms = {"bare PKCS#8": bare}
    for name, form in (
        ("PKCS#8", PrivateFormat.PKCS8),
        ("PKCS#1", PrivateFormat.TraditionalOpenSSL),
    ):
        armoured = key.private_bytes(Encoding.PEM, form, NoEncryption())
        der = key.private_bytes(Encoding.DER, form, NoEncryption())
        forms[f"PEM {name}"] = armoured.decode()
        forms[f"bare {name}"] = base64.b64encode(der).decode()
    return forms


def public_forms(bare: str) -> dict[str, str]:
    key = load_public_key(bare)
    forms = {}
    for name, form in (
        ("X.509", PublicFormat.SubjectPublicKeyInfo),
        ("PKCS#1", PublicFormat.PKCS1),
    ):
        forms[f"PEM {name}"] = key.public_bytes(Encoding.PEM, form).decode()
        der = key.public_bytes(Encoding.DER, form)
        forms[f"bare {name}"] = base64.b64encode(der).decode()
    return forms


PRIVATE_FORMS = private_forms(MERCHANT_PRIVATE_KEY)
PUBLIC_FORMS = public_forms(ANTOM_PUBLIC_KEY)


@functools.cache
def small_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)  # noqa: S505


@functools.cache
def curve_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def header(
    key: rsa.RSAPrivateKey = ANTOM,
    path: str = PATH,
    client: str = CLIENT,
    time: str = TIME,
    body: bytes = BODY,
    version: str = "1",
) -> str:
    return format_header(sign(key, path, client, time, body), version)


def check(value: str | None, **changed: Any) -> str:
    parts: dict[str, Any] = {"path": PATH, "client_id": CLIENT, "time": TIME}
    parts |= {"keys": ANTOMS_KEYS, "body": BODY} | changed
    return verify(header=value, **parts)


def refused(reason: str, value: str | None, **changed: Any) -> None:
    with pytest.raises(SignatureError) as caught:
        check(value, **changed)
    assert caught.value.reason == reason


# Keys


@pytest.mark.parametrize("form", PRIVATE_FORMS)
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_private_key_is_read_in_every_form(form: str, wrapping: str) -> None:
    text = WRAPPINGS[wrapping](PRIVATE_FORMS[form])
    key = load_private_key(text, check=False)
    expected = load_public_key(MERCHANT_PUBLIC_KEY).public_numbers()
    assert key.public_key().public_numbers() == expected


@pytest.mark.parametrize("form", PUBLIC_FORMS)
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_public_key_is_read_in_every_form(form: str, wrapping: str) -> None:
    key = load_public_key(WRAPPINGS[wrapping](PUBLIC_FORMS[form]))
    assert key.public_numbers() == ANTOM.public_key().public_numbers()


@pytest.mark.parametrize("form", PUBLIC_FORMS)
def test_a_public_key_in_the_private_ones_place_is_told_apart(form: str) -> None:
    with pytest.raises(ValueError, match="this is a public key"):
        load_private_key(PUBLIC_FORMS[form])


@pytest.mark.parametrize("form", PRIVATE_FORMS)
def test_a_private_key_in_the_public_ones_place_is_told_apart(form: str) -> None:
    with pytest.raises(ValueError, match="this is a private key"):
        load_public_key(PRIVATE_FORMS[form])


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        (Encoding.PEM, PrivateFormat.PKCS8),
        (Encoding.DER, PrivateFormat.PKCS8),
        (Encoding.PEM, PrivateFormat.TraditionalOpenSSL),
    ],
)
def test_an_encrypted_key_is_told_apart(
    encoding: Encoding, form: PrivateFormat
) -> None:
    locked = ANTOM.private_bytes(encoding, form, BestAvailableEncryption(b"secret"))
    if encoding is Encoding.DER:
        locked = base64.b64encode(locked)
    with pytest.raises(ValueError, match="encrypted with a passphrase"):
        load_private_key(locked.decode())


def test_a_key_of_another_kind_is_refused() -> None:
    key = curve_key()
    public = key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(ValueError, match="not an RSA key"):
        load_private_key(pem(key))
    with pytest.raises(ValueError, match="not an RSA key"):
        load_public_key(public.decode())


def test_a_key_that_is_too_short_is_refused() -> None:
    public = small_key().public_key()
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ValueError, match="1024 bits; Antom uses 2048"):
        load_private_key(pem(small_key()))
    with pytest.raises(ValueError, match="1024 bits; Antom uses 2048"):
        load_public_key(text.decode())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        (" \n\\n", "empty"),
        ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", "empty"),
        (MERCHANT_PRIVATE_KEY[:-3], "cut or quoted"),
        (f'"{MERCHANT_PRIVATE_KEY}"', "cut or quoted"),
        ("/run/secrets/antom.pem", "cut or quoted"),
        ("\N{BULLET}" * 40, "cut or quoted"),
        (MERCHANT_PRIVATE_KEY[:400], "not an RSA"),
        (base64.b64encode(b"no key at all").decode(), "not an RSA"),
        (
            "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----",
            "not an RSA",
        ),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nTUlJQg==\n"
            "-----END OPENSSH PRIVATE KEY-----",
            "not an RSA|a private key",
        ),
    ],
)
def test_what_is_no_key_is_refused_in_words_and_never_shown(
    text: str, sentence: str
) -> None:
    for load in (load_private_key, load_public_key):
        with pytest.raises(ValueError, match=sentence) as caught:
            load(text)
        assert text[:12] not in str(caught.value) or not text
        assert not caught.value.__context__ or caught.value.__suppress_context__


def test_a_private_key_whose_numbers_do_not_fit_is_refused_before_it_signs() -> None:
    numbers = ANTOM.private_numbers()
    damaged = rsa.RSAPrivateNumbers(
        numbers.p,
        numbers.q,
        numbers.d,
        numbers.dmp1 + 2,
        numbers.dmq1,
        numbers.iqmp,
        numbers.public_numbers,
    ).private_key(unsafe_skip_rsa_key_validation=True)
    with pytest.raises(ValueError, match="not an RSA private key"):
        load_private_key(pem(damaged))


def test_keys_are_loaded_at_first_use() -> None:
    keyring = Keyring("no key", {"1": "none either"})
    with pytest.raises(ValueError, match="key"):
        _ = keyring.private_key
    with pytest.raises(ValueError, match="key"):
        _ = keyring.public_keys


def test_keys_are_loaded_once() -> None:
    keyring = Keyring(
        MERCHANT_PRIVATE_KEY, {"1": ANTOM_PUBLIC_KEY, "2": OTHER_PUBLIC_KEY}
    )
    own, antoms = keyring.private_key, keyring.public_keys
    assert len(sign(own, PATH, CLIENT, TIME, BODY)) == 256
    assert verify(antoms, header(), PATH, CLIENT, TIME, BODY) == "1"
    assert keyring.private_key is own
    assert keyring.public_keys is antoms


def test_a_keyring_shows_no_key() -> None:
    keyring = Keyring(MERCHANT_PRIVATE_KEY, {"1": ANTOM_PUBLIC_KEY})
    assert "MII" not in repr(keyring)
    assert "MII" not in str(keyring)


def test_ones_own_key_in_antoms_place_is_found() -> None:
    settings = "ANTOM_PRIVATE_KEY", "ANTOM_PUBLIC_KEY"
    keys = {"1": ANTOM_PUBLIC_KEY}
    assert find_faults(MERCHANT_PRIVATE_KEY, keys, *settings) == []
    keys["2"] = MERCHANT_PUBLIC_KEY
    (fault,) = find_faults(MERCHANT_PRIVATE_KEY, keys, *settings)
    assert fault.startswith("ANTOM_PUBLIC_KEY 2: this is your own key")


# The signed text


def test_the_signed_text_is_antoms_byte_for_byte() -> None:
    text = signed_text(
        "/ams/sandbox/api/v1/payments/createPaymentSession",
        "SANDBOX_5X00000000000000",
        "1685599933871",
        '{"名": "é / \\" \\n"} \n'.encode(),
    )
    assert text == (
        b"POST /ams/sandbox/api/v1/payments/createPaymentSession\n"
        b"SANDBOX_5X00000000000000.1685599933871."
        b'{"\xe5\x90\x8d": "\xc3\xa9 / \\" \\n"} \n'
    )


def test_a_query_belongs_to_the_path() -> None:
    assert signed_text("/n?a=1&b=2", "C", "T", b"") == b"POST /n?a=1&b=2\nC.T."


def test_the_body_need_not_be_text() -> None:
    body = bytes(range(256))
    assert check(header(body=body), body=body) == "1"


# Signatures that are good


def test_the_header_is_written_as_antom_documents_it() -> None:
    made = header(version="3")
    start, _, signature = made.partition("signature=")
    assert start == "algorithm=RSA256,keyVersion=3,"
    assert not set(signature) & set("+/= ,")
    assert parse_header(made).signature == sign(ANTOM, PATH, CLIENT, TIME, BODY)


def signature_with_a_plus() -> tuple[str, bytes]:
    """Sign bodies until the base64 holds a plus, not at its very start."""
    for count in range(1000):
        body = b"%d" % count
        text = base64.b64encode(sign(ANTOM, PATH, CLIENT, TIME, body)).decode()
        if "+" in text[1:] and "/" in text and text[0] != "+":
            return text, body
    raise AssertionError("no signature holds a plus")


def test_the_signature_is_taken_in_every_encoding() -> None:
    plain, body = signature_with_a_plus()
    assert plain.endswith("==")
    for value in (
        plain,
        quote(plain, safe=""),
        quote(plain, safe="+"),
        quote(plain, safe="/"),
        quote(plain, safe="="),
        re.sub("%..", lambda escape: escape[0].lower(), quote(plain, safe="")),
        plain.replace("+", " "),
        quote(plain, safe="+").replace("+", " "),
    ):
        assert check(f"algorithm=RSA256,keyVersion=1,signature={value}", body=body)


@pytest.mark.parametrize(
    "form",
    [
        "algorithm=RSA256,keyVersion=1,signature={}",
        "algorithm=RSA256, keyVersion=1, signature={}",
        " algorithm = RSA256 ,\tkeyVersion = 1 , signature = {} ",
        "signature={},keyVersion=1,algorithm=RSA256",
        "keyVersion=1, signature={}, algorithm=RSA256",
        "algorithm=RSA256,signature={}",
        "algorithm=RSA256,keyVersion=,signature={}",
        "ALGORITHM=RSA256,KEYVERSION=1,SIGNATURE={}",
        "algorithm=RSA256,keyversion=1,signature={}",
        "Algorithm=RSA256,KeyVersion=1,Signature={}",
        "algorithm=RSA256,keyVersion=1,more=new,signature={}",
        "algorithm=RSA256,keyVersion=1,key-id=a,key-id=b,signature={}",
        "algorithm=RSA256,,keyVersion=1,=x,new,signature={},",
        "keyVersion=1,signature={}",
        "alg=x,keyVersion=1,signature={}",
        "signature={}",
    ],
)
def test_the_header_is_read_whatever_its_order_blanks_and_additions(form: str) -> None:
    raw = sign(ANTOM, PATH, CLIENT, TIME, BODY)
    plain = base64.b64encode(raw).decode()
    for value in (plain, quote(plain, safe="")):
        parsed = parse_header(form.format(value))
        assert (parsed.algorithm, parsed.key_version) == ("RSA256", "1")
        assert parsed.signature == raw
        assert check(form.format(value)) == "1"


def test_while_antoms_keys_rotate_both_are_taken_whatever_the_label_says() -> None:
    keys = {"1": ANTOM.public_key(), "2": OTHER.public_key()}
    for label in ("1", "2", "9", ""):
        assert check(header(ANTOM, version=label), keys=keys) == "1"
        assert check(header(OTHER, version=label), keys=keys) == "2"


def test_the_key_that_the_label_names_is_tried_first() -> None:
    same_key = {"1": ANTOM.public_key(), "2": ANTOM.public_key()}
    assert check(header(version="1"), keys=same_key) == "1"
    assert check(header(version="2"), keys=same_key) == "2"


@settings(deadline=None, max_examples=examples(60))
@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
)
def test_whatever_is_signed_verifies(
    path: str, client: str, time: str, body: bytes
) -> None:
    made = header(ANTOM, path, client, time, body)
    assert verify(ANTOMS_KEYS, made, path, client, time, body) == "1"


# Signatures that are bad


@pytest.mark.parametrize("value", [None, ""])
def test_no_signature_is_missing(value: str | None) -> None:
    refused("missing", value)


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        " ",
        ",",
        "algorithm=RSA256,keyVersion=1",
        "algorithm=RSA256,signature=AAAA,signature=BBBB",
        "algorithm=RSA256,Signature=AAAA,signature=AAAA",
        "algorithm=RSA256,algorithm=RSA256,signature=AAAA",
        "algorithm=RSA256;keyVersion=1;signature",
    ],
)
def test_a_header_without_one_signature_is_refused(value: str) -> None:
    refused("header", value)


@pytest.mark.parametrize(
    "algorithm", ["algorithm=RSA512,", "algorithm=none,", "algorithm=,"]
)
def test_no_other_algorithm_than_rsa_with_sha_256_is_taken(algorithm: str) -> None:
    good = header().partition("keyVersion")[2]
    refused("algorithm", f"{algorithm}keyVersion{good}")


@pytest.mark.parametrize(
    "signature",
    ["!!!!", "AAAAA", "AAA", "A=AA", "%", "%ff%ff", "%2", "\N{EURO SIGN}", "=", "AA-_"],
)
def test_a_signature_that_is_no_base64_is_refused(signature: str) -> None:
    refused("encoding", f"algorithm=RSA256,keyVersion=1,signature={signature}")


@pytest.mark.parametrize(
    "changed",
    [
        {"path": "/antom/notify/"},
        {"path": "/antom/Notify"},
        {"path": "/antom/notify?a=1"},
        {"path": "/ams/api/v1/payments/cancel"},
        {"client_id": "SANDBOX_5YDEMO00000000002"},
        {"client_id": ""},
        {"time": "2026-11-23T08:01:55+08:30"},
        {"time": "2026-11-22T23:31:54+00:00"},  # the same moment in other words
        {"time": "2026-11-22T23:31:54Z"},
        {"body": BODY + b" "},
        {"body": b'{"notifyType": "PAYMENT_RESULT"}'},  # the same JSON
        {"body": b""},
        {"keys": {"1": OTHER.public_key()}},
        {"keys": {}},
    ],
)
def test_another_path_client_time_body_or_key_does_not_fit(
    changed: dict[str, Any],
) -> None:
    assert check(header()) == "1"
    refused("mismatch", header(), **changed)


@pytest.mark.parametrize("raw", [b"", b"\0" * 256, b"\xff" * 256, b"a" * 255])
def test_bytes_that_nobody_signed_do_not_fit(raw: bytes) -> None:
    value = f"algorithm=RSA256,keyVersion=1,signature={base64.b64encode(raw).decode()}"
    refused("mismatch", value)


@settings(deadline=None, max_examples=examples(200))
@given(
    st.sampled_from(["path", "client_id", "time", "body", "signature"]),
    st.integers(0, 10**6),
    st.integers(1, 127),
)
def test_any_single_changed_byte_is_noticed(part: str, place: int, mask: int) -> None:
    raw = sign(ANTOM, PATH, CLIENT, TIME, BODY)
    parts = {
        "path": PATH.encode(),
        "client_id": CLIENT.encode(),
        "time": TIME.encode(),
        "body": BODY,
        "signature": raw,
    }
    damaged = bytearray(parts[part])
    damaged[place % len(damaged)] ^= mask
    parts[part] = bytes(damaged)

    refused(
        "mismatch",
        format_header(parts["signature"]),
        path=parts["path"].decode(),
        client_id=parts["client_id"].decode(),
        time=parts["time"].decode(),
        body=parts["body"],
    )


@settings(deadline=None)
@given(st.text())
def test_whatever_the_header_holds_the_answer_is_a_signature_error(value: str) -> None:
    for text in (value, f"algorithm=RSA256,signature={value}"):
        with pytest.raises(SignatureError) as caught:
            check(text)
        assert caught.value.reason in {
            "missing",
            "header",
            "algorithm",
            "encoding",
            "mismatch",
        }


# Times


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1685599933871", datetime(2023, 6, 1, 6, 12, 13, 871000, tzinfo=UTC)),
        ("2019-01-01T01:01:01Z", datetime(2019, 1, 1, 1, 1, 1, tzinfo=UTC)),
        ("2019-01-01T09:31:01+08:30", datetime(2019, 1, 1, 1, 1, 1, tzinfo=UTC)),
        ("2019-01-01T09:01:01+0800", datetime(2019, 1, 1, 1, 1, 1, tzinfo=UTC)),
        ("2019-01-01T09:01:01+08", datetime(2019, 1, 1, 1, 1, 1, tzinfo=UTC)),
        ("2018-12-31T17:01:01-08:00", datetime(2019, 1, 1, 1, 1, 1, tzinfo=UTC)),
        (
            "2019-01-01T01:01:01.250+00:00",
            datetime(2019, 1, 1, 1, 1, 1, 250000, tzinfo=UTC),
        ),
    ],
)
def test_antoms_times_are_read_as_utc(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-23",
        "2026-11-23T08:01:54",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-23T08:01:54+99:00",
        "2026-11-23T08:01:54Z ",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "168559993387",
        "16855999338711",
        "-685599933871",
        "1685599933.71",
        "\N{ARABIC-INDIC DIGIT ONE}685599933871",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_time(text)


@settings(deadline=None)
@given(
    st.datetimes(datetime(1900, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),
    st.integers(-23 * 60, 23 * 60),
)
def test_any_moment_is_read_in_any_offset(moment: datetime, minutes: int) -> None:
    text = moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    assert parse_time(text) == moment
    assert parse_time(text[:-3] + text[-2:]) == moment


@settings(deadline=None)
@given(st.text() | st.from_regex(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.{0,6}\Z"))
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    try:
        moment = parse_time(text)
    except ValueError:
        return
    assert moment.tzinfo is UTC
