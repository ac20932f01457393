"""``GET /ignored``: uploads that belong to nobody, with the reasons in both languages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from shared.domain.control_rows import Document
from shared.domain.object_keys import Ignored, parse_upload
from shared.domain.reasons import IGNORED, Words
from shared.workflow.marking import UNUSABLE
from tests.unit.http_api.support import BOTH, CHINESE, Api, document
from tests.unit.support import NOW


def listing(*entries: object, dropped: object = False, wsgi: bool = False) -> Api:
    api = Api(wsgi=wsgi)
    api.documents["ignored"] = Document(value={"entries": list(entries), "dropped": dropped}, version=1)
    return api


def entry(key: str = "x.jpg", reason: str = "beside_the_folders") -> dict[str, Any]:
    return {"key": key, "reason": reason, "at": NOW}


@BOTH
def test_an_upload_that_belongs_to_nobody_is_shown_with_the_reason(wsgi: bool) -> None:
    api = listing(entry("people/x.jpg"), entry("people/.x/1.jpg", "unusable_person"), wsgi=wsgi)
    shown = document(api.call("/ignored"))
    assert (shown["shown"], shown["dropped"]) == (2, False)
    assert shown["ignored"][0] == {
        "key": "people/x.jpg",
        "reason": {
            "code": "beside_the_folders",
            "message": "The object lies beside the people's folders, not in one; "
            "put it into people/<person>/.",
        },
        "at": "2026-01-01T00:00:00.000Z",
    }
    assert shown["ignored"][1]["reason"]["code"] == "unusable_person"


def test_it_is_told_in_chinese_too() -> None:
    (shown,) = document(listing(entry()).call("/ignored", headers=CHINESE))["ignored"]
    assert "人员文件夹" in shown["reason"]["message"]


def test_a_list_that_had_to_drop_some_says_so() -> None:
    assert document(listing(entry(), dropped=True).call("/ignored"))["dropped"] is True


def test_nothing_ignored_is_an_empty_list() -> None:
    assert document(Api().call("/ignored")) == {"ignored": [], "shown": 0, "dropped": False}


def test_a_reason_of_another_version_is_shown_in_its_own_words() -> None:
    (shown,) = document(listing(entry(reason="its name is too odd")).call("/ignored"))["ignored"]
    assert shown["reason"] == {"code": "other", "message": "its name is too odd"}


@pytest.mark.parametrize("value", [{}, {"entries": None}, {"entries": {"key": "x"}}, {"entries": [5, None]}])
def test_a_row_that_makes_no_sense_shows_nothing(value: dict[str, Any]) -> None:
    api = Api()
    api.documents["ignored"] = Document(value=value)
    assert document(api.call("/ignored"))["ignored"] == []


@pytest.mark.parametrize("at", [None, "soon", 1.5])
def test_an_entry_without_a_time_is_shown_all_the_same(at: object) -> None:
    (shown,) = document(listing({"key": "x.jpg", "reason": "system_file", "at": at}).call("/ignored"))[
        "ignored"
    ]
    assert (shown["key"], shown["at"]) == ("x.jpg", None)


def test_a_key_that_is_no_text_does_not_break_the_answer() -> None:
    response = listing(entry("people/\ud800.jpg")).call("/ignored")
    assert json.loads(response.body)["ignored"][0]["key"] == "people/?.jpg"


KEYS = [
    *(
        "x.jpg",
        "people/x.jpg",
        "people//x.jpg",
        "people/.x/1.jpg",
        "people/a\x01/1.jpg",
        "people/\ud800/1.jpg",
    ),
    *("people/a/", "people/a/.hidden", "people/a/Thumbs.db", "people/a//1.jpg", "people/a/../1.jpg"),
    "people/a/_consent.json",
    *("people/a/sub/_READY", "people/a/\x07.jpg", "people/a/\ud800.jpg", f"people/{'a' * 200}/1.jpg"),
]


@pytest.mark.parametrize("key", KEYS, ids=ascii)
def test_whatever_makes_a_key_nobodys_has_a_code_with_words(key: str) -> None:
    ignored = parse_upload(key)
    assert isinstance(ignored, Ignored)
    assert ignored.code in IGNORED
    assert ignored.reason


def test_every_code_is_one_that_a_key_can_have() -> None:
    found = {parsed.code for key in KEYS if isinstance(parsed := parse_upload(key), Ignored)}
    assert {*found, UNUSABLE} == set(IGNORED)


@pytest.mark.parametrize("words", IGNORED.values())
def test_every_reason_is_a_plain_sentence_with_what_to_do(words: Words) -> None:
    assert words.english.isascii()
    assert words.english.endswith(".")
    assert words.chinese.endswith("。")
    # What is to be typed as it stands keeps its own punctuation.
    prose = re.sub(r"“\.+”|\{.*?\}", "", words.chinese)
    assert set(prose) & set(",;:?!()'\"") == set()
