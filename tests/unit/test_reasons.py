"""Verdicts and our own reasons in plain words, in both languages."""

from __future__ import annotations

import pytest

from local.packaging import ROOT
from shared.domain.photos import NEEDS_NOTHING, Photo, Verdict
from shared.domain.reasons import (
    CHINESE_REASONS,
    in_words,
    reason,
    remedy,
    why_by_verdicts,
    why_none_is_usable,
)
from shared.domain.words import Language
from tests.unit.support import photo


@pytest.mark.parametrize("text", CHINESE_REASONS.values())
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


def test_a_rejection_names_every_different_reason_once_and_not_what_is_in_order() -> None:
    photos = [
        photo("a", Verdict.NO_FACE),
        photo("b", Verdict.NO_FACE),
        photo("c.zip", Verdict.UNPACKED),
        photo("c.zip/._a", Verdict.SYSTEM_FILE),
        photo("c.zip/a", Verdict.ENCRYPTED),
        photo("old", Verdict.EMPTY, from_revision=1),
    ]
    told = why_none_is_usable(photos)
    assert told == " ".join(
        sorted(f"{reason(verdict)} {remedy(verdict)}" for verdict in (Verdict.NO_FACE, Verdict.ENCRYPTED))
    )
    chinese = why_none_is_usable(photos, Language.CHINESE)
    assert chinese == "".join(
        sorted(
            reason(verdict, Language.CHINESE) + remedy(verdict, Language.CHINESE)
            for verdict in (Verdict.NO_FACE, Verdict.ENCRYPTED)
        )
    )


def test_a_remedy_of_several_reasons_is_said_once_behind_them() -> None:
    told = why_by_verdicts({Verdict.UNPREPARED, Verdict.UNCHECKED})
    assert told == " ".join(
        [*sorted([reason(Verdict.UNPREPARED), reason(Verdict.UNCHECKED)]), remedy(Verdict.UNCHECKED)]
    )


@pytest.mark.parametrize("photos", [[], [photo(verdict.value, verdict) for verdict in NEEDS_NOTHING]])
def test_a_rejection_of_nothing_says_that_no_photo_arrived(photos: list[Photo]) -> None:
    assert "No photo arrived" in why_none_is_usable(photos)
    assert "没有收到照片" in why_none_is_usable(photos, Language.CHINESE)
