"""Verdicts and our own reasons in plain words, in both languages."""

from __future__ import annotations

import pytest

from local.packaging import ROOT
from shared.domain.photos import Photo, Verdict
from shared.domain.reasons import CHINESE_REASONS, VERDICTS, Language, in_words, reason, why_none_is_usable
from tests.unit.support import photo


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_reason_in_plain_words_in_both_languages(verdict: Verdict) -> None:
    english, chinese = reason(verdict), reason(verdict, Language.CHINESE)
    assert english.isascii()
    assert english.endswith(".")
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese)
    assert chinese.endswith("。")


@pytest.mark.parametrize("text", [*(words.chinese for words in VERDICTS.values()), *CHINESE_REASONS.values()])
def test_a_chinese_sentence_has_chinese_punctuation(text: str) -> None:
    assert text.endswith("。")
    assert set(text) & set(",;:?!()'\"") == set()


@pytest.mark.parametrize("code", CHINESE_REASONS)
def test_every_reason_that_has_chinese_words_is_one_that_the_code_gives(code: str) -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "shared").rglob("*.py")]
    assert sum(f'"{code}"' in source for source in sources) > 1


def test_a_reason_without_chinese_words_keeps_its_own() -> None:
    assert in_words("Arrearage", "Access denied.", Language.CHINESE) == "Access denied."
    assert in_words("submit_lost", "It is sent again.", Language.ENGLISH) == "It is sent again."


def test_no_two_verdicts_share_their_words() -> None:
    for language in Language:
        assert len({reason(verdict, language) for verdict in Verdict}) == len(Verdict)


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
    assert why_none_is_usable(photos, Language.CHINESE) == "".join(
        sorted(reason(verdict, Language.CHINESE) for verdict in (Verdict.NO_FACE, Verdict.ENCRYPTED))
    )


@pytest.mark.parametrize("photos", [[], [photo("c.zip", Verdict.UNPACKED)]])
def test_a_rejection_of_nothing_says_that_no_photo_arrived(photos: list[Photo]) -> None:
    assert "No photo arrived" in why_none_is_usable(photos)
    assert "没有收到照片" in why_none_is_usable(photos, Language.CHINESE)
