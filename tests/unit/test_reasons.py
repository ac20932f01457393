"""Verdicts in plain words, in both languages, and which of the two is asked for."""

from __future__ import annotations

import pytest

from shared.domain.photos import Verdict
from shared.domain.reasons import Language, preferred_language, reason, why_none_is_usable
from tests.unit.support import photo


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_reason_in_plain_words_in_both_languages(verdict: Verdict) -> None:
    english, chinese = reason(verdict), reason(verdict, Language.CHINESE)
    assert english.isascii()
    assert english.endswith(".")
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese)
    assert chinese.endswith("。")


def test_no_two_verdicts_share_their_words() -> None:
    for language in Language:
        assert len({reason(verdict, language) for verdict in Verdict}) == len(Verdict)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.ENGLISH),
        ("*", Language.ENGLISH),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.CHINESE),
        ("zh", Language.CHINESE),
        ("ZH-hant-TW", Language.CHINESE),
        ("en-US,en;q=0.9,zh-CN;q=0.8", Language.ENGLISH),
        ("en;q=0.3, zh;q=0.4", Language.CHINESE),
        ("fr, zh;q=0.1", Language.CHINESE),
        ("de-DE, fr", Language.ENGLISH),
        ("zh;q=0", Language.ENGLISH),
        ("zh;q=high", Language.ENGLISH),
        ("zh;q=nan, en", Language.ENGLISH),
        (",,;;q=,zh", Language.CHINESE),
    ],
)
def test_the_language_is_the_one_the_reader_likes_best(header: str, language: Language) -> None:
    assert preferred_language(header) is language


def test_a_rejection_names_every_different_reason_once_and_not_what_is_in_order() -> None:
    photos = [
        photo("a", Verdict.NO_FACE),
        photo("b", Verdict.NO_FACE),
        photo("c.zip", Verdict.UNPACKED),
        photo("c.zip/._a", Verdict.SYSTEM_FILE),
        photo("c.zip/a", Verdict.ENCRYPTED),
        photo("old", Verdict.EMPTY, from_revision=1),
    ]
    assert why_none_is_usable(photos) == " ".join(
        sorted([reason(Verdict.NO_FACE), reason(Verdict.ENCRYPTED)])
    )
    chinese = why_none_is_usable(photos, Language.CHINESE)
    assert reason(Verdict.ENCRYPTED, Language.CHINESE) in chinese
    assert " " not in chinese


@pytest.mark.parametrize("photos", [[], [photo("c.zip", Verdict.UNPACKED)]])
def test_a_rejection_of_nothing_says_that_no_photo_arrived(photos: list[object]) -> None:
    assert "No photo arrived" in why_none_is_usable(photos)  # type: ignore[arg-type]
    assert "没有收到照片" in why_none_is_usable(photos, Language.CHINESE)  # type: ignore[arg-type]
