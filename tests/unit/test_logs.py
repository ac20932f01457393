"""Log lines: readable, one a line, and without secrets."""

from __future__ import annotations

import json
import logging

import pytest

from shared.logs import log, redact, warn

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
