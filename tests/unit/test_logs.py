"""Log lines: readable, one a line, and without secrets."""

from __future__ import annotations

import json
import logging
import random
import re
import string
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import logs
from shared.logs import MOST_HIDDEN, hide, log, redact, warn
from tests.unit.support import few_examples

SIGNED = "https://b.oss-cn-beijing.aliyuncs.com/submissions/x/a.jpg?x-oss-signature=5ec7e7&x-oss-date=1"
CUT = "https://b.oss-cn-beijing.aliyuncs.com/submissions/x/a.jpg?…"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("nothing secret", "nothing secret"),
        ("照片 100%?", "照片 100%?"),
        (SIGNED, CUT),
        (f"cannot fetch {SIGNED}", f"cannot fetch {CUT}"),
        # A quotation mark may belong to the query: only white space ends the cut.
        (f"'{SIGNED}'", f"'{CUT}"),
        (f'"{SIGNED}"', f'"{CUT}'),
        (f'"{SIGNED}" and more', f'"{CUT} and more'),
        (f"{SIGNED}\n{SIGNED}\u3000x", f"{CUT}\n{CUT}\u3000x"),
        (f"{SIGNED} and {SIGNED}", f"{CUT} and {CUT}"),
        (f"({SIGNED}", f"({CUT}"),
        ("http://h/a?b", "http://h/a?…"),
        ("https://h/a", "https://h/a"),
        ("https://h/a?", "https://h/a?…"),
        ("http://h:8080/李/a.jpg?Signature=x", "http://h:8080/李/a.jpg?…"),
        ("sk-0123456789abcdef", "sk-…"),
        ("Bearer sk-0123456789abcdef", "Bearer sk-…"),
        ("key=sk-abc_DEF-123, next", "key=sk-…, next"),
        ('{"key": "sk-0123456789"}', '{"key": "sk-…"}'),
        ("sk-1", "sk-1"),
        ("risk-averse task-force", "risk-averse task-force"),
    ],
)
def test_signatures_and_keys_are_cut_and_all_else_stays(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize("before", ["", " ", "_", "=", ":", '"', "李", "\n"])
def test_a_key_is_blotted_out_behind_whatever_is_no_letter_or_digit(before: str) -> None:
    assert redact(f"{before}sk-0123456789abcdef") == f"{before}sk-…"


def test_redacting_twice_is_redacting_once() -> None:
    once = redact(f"{SIGNED} sk-0123456789")
    assert redact(once) == once


def test_a_line_is_one_json_object_with_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log("photo_recorded", person="李雷", count=3, why=None, path=object)
    (record,) = caplog.records
    assert json.loads(record.getMessage()) == {
        "event": "photo_recorded",
        "person": "李雷",
        "count": 3,
        "why": None,
        "path": str(object),
    }
    assert "李雷" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert record.levelno == logging.INFO


def test_a_warning_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    warn("sweep_failed", code="x")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize(
    "value", [SIGNED, [SIGNED], {"deep": {"url": SIGNED}}, f"two\nlines {SIGNED}", "%s %d"]
)
def test_no_field_brings_a_signature_into_the_log(caplog: pytest.LogCaptureFixture, value: object) -> None:
    caplog.set_level(logging.INFO)
    log("event", value=value, key="sk-0123456789abcdef")
    assert "5ec7e7" not in caplog.text
    assert "0123456789abcdef" not in caplog.text
    json.loads(caplog.records[0].getMessage())


def test_a_secret_is_cut_at_any_depth_and_what_is_no_text_keeps_its_type(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    secret = "sk-0123456789abcdef"
    log(
        "event",
        names={f"\n{secret}": 1, 5: 2},
        deep=[({"url": [SIGNED]}, None)],
        kinds={f"\t{secret}"},
        error=ValueError(f"cannot fetch\n{secret} {SIGNED}"),
        numbers=(True, 1, 0.5),
    )
    assert json.loads(caplog.records[0].getMessage()) == {
        "event": "event",
        "names": {"\nsk-…": 1, "5": 2},
        "deep": [[{"url": [CUT]}, None]],
        "kinds": ["\tsk-…"],
        "error": f"cannot fetch\nsk-… {CUT}",
        "numbers": [True, 1, 0.5],
    }


@pytest.mark.parametrize("before", ["\n", "\t", "\r"])
def test_a_key_behind_a_control_character_is_blotted_out(
    caplog: pytest.LogCaptureFixture, before: str
) -> None:
    caplog.set_level(logging.INFO)
    log("event", value=f"Authorization:{before}sk-0123456789abcdef")
    assert "0123456789abcdef" not in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "HTTPS://b.example/a.jpg?Signature=5ec7e7",
        "https://b.example/it's.jpg?Signature=5ec7e7",
        "DASHSCOPE_API_KEY_sk-5ec7e75ec7e7",
    ],
)
def test_unusual_forms_of_a_secret_are_cut_too(text: str) -> None:
    assert "5ec7e7" not in redact(text)


def test_a_quotation_mark_in_a_query_does_not_end_the_cut(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log("event", url='https://b.example/a.jpg?name="x&Signature=5ec7e7')
    assert "5ec7e7" not in caplog.text


SECRET = "5ec7e7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Without a scheme.
        (f"b.oss.com/a.jpg?Expires=9&Signature={SECRET}&x=1", "b.oss.com/a.jpg?Expires=9&Signature=…&x=1"),
        (f"?OSSAccessKeyId={SECRET}&security-token={SECRET}", "?OSSAccessKeyId=…&security-token=…"),
        # Percent-encoded once and twice, in either case.
        (
            f"b%2Fa%3FExpires%3D9%26Signature%3D{SECRET}%26x%3D1",
            "b%2Fa%3FExpires%3D9%26Signature%3D…%26x%3D1",
        ),
        (f"%2526x-oss-signature%253d{SECRET}%2526x", "%2526x-oss-signature%253d…%2526x"),
        (f"x-oss-security-token%3DCAIS%2B{SECRET}%2F%3D%26", "x-oss-security-token%3D…%26"),
        # Split by blanks and newlines.
        (f"https://b/a.jpg?x=1 &x-oss-signature={SECRET} &y", "https://b/a.jpg?… &x-oss-signature=… &y"),
        (f"https://b/a.jpg?x=1\n&x-oss-credential={SECRET}\n", "https://b/a.jpg?…\n&x-oss-credential=…\n"),
        (f"x-oss-signature =\n{SECRET}", "x-oss-signature =\n…"),
        # Headers, JSON, JSON in JSON, XML.
        (f"Authorization: Bearer {SECRET}", "Authorization: …"),
        (f"Authorization: OSS LTAI0:{SECRET}=", "Authorization: …"),
        (f'{{"Authorization": "Bearer {SECRET}"}}', '{"Authorization": "…"}'),
        (f"bearer {SECRET}{SECRET} x", "bearer … x"),
        (f"X-Oss-Security-Token: {SECRET}", "X-Oss-Security-Token: …"),
        (f'{{"SecurityToken": "{SECRET}", "x": 1}}', '{"SecurityToken": "…", "x": 1}'),
        (f'{{\\"Signature\\": \\"{SECRET}\\"}}', '{\\"Signature\\": \\"…\\"}'),
        (f"a\\u0026Signature={SECRET}\\u0026x", "a\\u0026Signature=…\\u0026x"),
        (f"<SignatureProvided>{SECRET}=</SignatureProvided>", "<SignatureProvided>…</SignatureProvided>"),
        (f"AccessKeySecret={SECRET}", "AccessKeySecret=…"),
        (f"api_key='{SECRET}'", "api_key='…'"),
        ("the key LTAI5tAbCdEfGhIjKlMn is disabled", "the key … is disabled"),
        ("STS.NUabcdefghijklm", "…"),
        # Keys behind what only looks like a letter or digit.
        ("key%3Dsk-0123456789abcdef", "key%3Dsk-…"),
        ("key%3Dsk%2D0123456789abcdef", "key%3Dsk-…"),
        ("x\\nsk-0123456789abcdef", "x\\nsk-…"),
        ("Xsk-0123456789abcdef0123", "Xsk-…"),
        # Words about secrets are not secrets.
        ("Invalid API-key provided.", "Invalid API-key provided."),
        ("Don't have authorization to access the media", "Don't have authorization to access the media"),
        ("the request signature we calculated", "the request signature we calculated"),
        ("Bearer token is missing", "Bearer token is missing"),
        ("x-oss-signature-version=OSS4-HMAC-SHA256", "x-oss-signature-version=OSS4-HMAC-SHA256"),
        ("desk-lamp-0123456789abcdef", "desk-lamp-0123456789abcdef"),
    ],
)
def test_a_secret_is_cut_by_the_name_in_front_of_it_in_whatever_wrapping(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(expected) == expected


# -- secrets by their value -------------------------------------------------------------------------


def test_a_hidden_value_is_cut_wherever_it_stands_and_however_it_is_encoded() -> None:
    value = 'p/a+s "word"='
    assert value in redact(value)
    hide(value)
    for text in (value, quote(value), quote(value, safe=""), quote(quote(value, safe=""), safe="")):
        assert redact(f"x{text}y") == "x…y"
    assert redact(json.dumps(value)) == '"…"'
    assert redact(re.sub("%..", lambda escape: escape.group().lower(), quote(value, safe=""))) == "…"


@pytest.mark.parametrize("value", ["", "   ", "short", "1234567", " 1234567\n"])
def test_what_is_too_short_for_a_secret_is_not_cut_out_of_words(value: str) -> None:
    hide(value)
    assert redact("a short 1234567 text") == "a short 1234567 text"


def test_one_hidden_value_may_begin_like_another() -> None:
    hide("0123456789")
    hide("0123456789abcdef")
    assert redact("0123456789abcdef 0123456789") == "… …"


def test_the_latest_values_stay_hidden_and_the_oldest_are_forgotten() -> None:
    values = [f"credential-of-hour-{number:04}" for number in range(MOST_HIDDEN + 2)]
    for value in values:
        hide(value)
        hide("a key that is used each hour")
    hidden = [redact(value) == "…" for value in values]
    assert hidden == [False] * 3 + [True] * (MOST_HIDDEN - 1)
    assert redact("a key that is used each hour") == "…"


def test_a_hidden_value_is_in_no_log_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    hide("status-token\u202e5ec7e7")
    log("event", deep=[{"status-token\u202e5ec7e7": "status-token\u202e5ec7e7"}])
    assert json.loads(caplog.records[0].getMessage()) == {"event": "event", "deep": [{"…": "…"}]}


ALPHABET = "abcdefABCDEF0123456789"
BASE64 = string.ascii_letters + string.digits + "+/"


def once(text: str) -> str:
    return quote(text, safe="")


def twice(text: str) -> str:
    return once(once(text))


def in_json(text: str) -> str:
    return json.dumps({"message": text})


def in_json_in_json(text: str) -> str:
    return in_json(in_json(text))


def signed(name: str, glue: str) -> Callable[[str], str]:
    return lambda secret: (
        f"b.oss.com/a.jpg?Expires=9{glue}&{name}={quote(secret, safe='')}{glue}&x-oss-date=1"
    )


# Kinds of secrets: how they are made, and the texts that they stand in.
SECRETS: dict[str, tuple[Callable[[random.Random], str], list[Callable[[str], str]]]] = {
    "an API key": (
        lambda chance: "sk-" + "".join(chance.choices(ALPHABET, k=32)),
        [
            str,
            "Bearer {}".format,
            "key={}".format,
            "Invalid API-key {}.".format,
            "DASHSCOPE_API_KEY_{}".format,
        ],
    ),
    "a bearer token": (
        lambda chance: "".join(chance.choices(ALPHABET, k=24)),
        ["Authorization: Bearer {}".format, "authorization=Bearer {}".format, "Bearer {}".format],
    ),
    **{
        name: (
            lambda chance: "".join(chance.choices(BASE64, k=chance.randrange(20, 400))) + "=",
            [signed(name, ""), signed(name, " "), signed(name, "\n"), signed(name.upper(), "")],
        )
        for name in (
            *("x-oss-signature", "x-oss-security-token", "x-oss-credential", "Signature", "OSSAccessKeyId"),
            *("security-token", "SecurityToken", "AccessKeySecret"),
        )
    },
    "a value of this process": (
        lambda chance: (
            "".join(chance.choices(BASE64 + ' ="&%{}', k=chance.randrange(8, 60))).strip() + "12345678"
        ),
        [str, "the {} token".format, "?x={}&y".format],
    ),
}
WRAPPINGS: list[Callable[[str], str]] = [
    str,
    str,
    once,
    twice,
    in_json,
    in_json_in_json,
    lambda t: f"https://{t}",
]
SURROUNDINGS = [
    "",
    " ",
    "\n",
    "cannot fetch ",
    "照片 ",
    '"',
    "(",
    "<Message>",
    "a: ",
    "…",
    "%20",
    "100% ",
    "é",
]


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_is_left_in_any_of_five_hundred_texts(kind: str) -> None:
    make, texts = SECRETS[kind]
    chance = random.Random(kind)
    for _ in range(500):
        secret = make(chance)
        if kind == "a value of this process":
            hide(secret)
        around = chance.choice(SURROUNDINGS), chance.choice(SURROUNDINGS)
        text = chance.choice(WRAPPINGS)(around[0] + chance.choice(texts)(secret) + around[1])
        left = redact(text)
        for wrapped in (left, unquote(left), unquote(unquote(left)), left.replace("\\", "")):
            assert secret not in wrapped, text
            assert secret[3:-3] not in wrapped, text
        assert redact(left) == left, text


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "signature" * 20_000, '"' * 200_000, "https://h/a?" * 20_000]
)
def test_a_long_text_is_redacted_in_time_that_grows_with_its_length(text: str) -> None:
    hide("0123456789")
    redact(text)


# -- characters that redraw the page ----------------------------------------------------------------

INVISIBLE = "\x1b\x7f\x85\x9b\xad\u061c\u200b\u200e\u2028\u2029\u202e\u2066\ufeff\U000e0041\r\n"


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda one: f"U+{ord(one):04X}")
def test_a_key_cannot_forge_or_recolour_a_line(caplog: pytest.LogCaptureFixture, character: str) -> None:
    caplog.set_level(logging.INFO)
    key = f"people/x/a{character}31mERROR 李雷.jpg"
    log("upload_ignored", key=key)
    line = caplog.records[0].getMessage()
    assert line.isprintable()
    assert "李雷" in line
    assert json.loads(line) == {"event": "upload_ignored", "key": key}


def test_a_lone_surrogate_does_not_break_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log("upload_ignored", key="a\udcff")
    assert caplog.records[0].getMessage().encode("utf-8").isascii()


@few_examples
@given(st.text())
def test_every_line_is_printable_and_says_what_was_logged(text: str) -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("facechain_autotrain")
    logger.addHandler(handler)
    try:
        warn("event", text=text)
    finally:
        logger.removeHandler(handler)
    (line,) = lines
    assert line.isprintable()
    assert json.loads(line)["text"] == redact(text)


WORDS = ("sk-abcdefghijklmnop", "SK-", "s", "k", "bearer ", "signature=", "LTAI", "STS.", "%", "…", "_", "\n")


@few_examples
@given(
    st.lists(st.one_of(st.sampled_from(WORDS), st.text("abcks019-_", max_size=20)), max_size=6).map("".join)
)
def test_a_text_that_is_not_looked_through_has_nothing_to_cut(text: str) -> None:
    if logs._PLAIN.fullmatch(text):
        assert not [pattern.pattern for pattern, _ in logs._patterns() if pattern.search(text)]
