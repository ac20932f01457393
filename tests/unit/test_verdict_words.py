"""What is told of a verdict: why, and what to do now, in both languages and nothing else."""

from __future__ import annotations

import re

import pytest

from shared.domain.photos import NEEDS_NOTHING, Verdict
from shared.domain.reasons import reason, remedy
from shared.domain.verdict_words import VERDICTS
from shared.domain.words import Language

IMPERATIVES = (
    *("Upload", "Send", "Download", "Fetch", "Save", "Export", "Open"),
    *("Crop", "Shrink", "Remove", "Rename", "Make", "Zip", "Switch"),
)
"""What a person can do who has uploaded files."""
NOTHING, NOTHING_IN_CHINESE = "Nothing needs to be done", "无需操作"
NOTHING_TO_DO = NEEDS_NOTHING | {
    Verdict.SIMILAR,
    *(Verdict.USABLE, Verdict.UNPREPARED, Verdict.UNCHECKED, Verdict.UNPACKING),
    *(Verdict.DUPLICATE, Verdict.OVER_LIMIT),
}
HELPS = {
    "smaller": {
        *(Verdict.TOO_MANY_BYTES, Verdict.ARCHIVE_TOO_LARGE),
        *(Verdict.SPLIT_ARCHIVE, Verdict.UNUSUAL_COMPRESSION),
    },
    "Shrink": {Verdict.TOO_MANY_PIXELS},
    "original size": {Verdict.TOO_FEW_PIXELS},
    "Crop": {Verdict.TOO_NARROW},
    "face": {Verdict.NO_FACE, Verdict.UNFIT, Verdict.TOO_NARROW},
    "password": {Verdict.ENCRYPTED, Verdict.OTHER_ARCHIVE},
    "Rename": {Verdict.UNSAFE_NAME, Verdict.MISNAMED_ZIP},
    "Export": {Verdict.RAW_FILE},
    "Base64": {Verdict.SENT_AS_TEXT},
    "PostObject": {Verdict.SENT_AS_FORM},
    "compression": {Verdict.SENT_COMPRESSED, Verdict.UNUSUAL_COMPRESSION},
    "video": {Verdict.VIDEO},
    "the whole photo": {Verdict.CUT_OFF},
}
"""What a remedy may speak of, by the only verdicts that it helps."""


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_says_why_and_what_to_do_in_english(verdict: Verdict) -> None:
    why, what_to_do = reason(verdict), remedy(verdict)
    for text in (why, what_to_do):
        assert text.isascii()
        assert re.fullmatch(r"[A-Z].*[A-Za-z0-9)]\.", text)
    assert what_to_do.startswith(NOTHING if verdict in NOTHING_TO_DO else IMPERATIVES)
    assert why.split()[0] not in IMPERATIVES
    assert NOTHING not in why


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_says_why_and_what_to_do_in_chinese(verdict: Verdict) -> None:
    why, what_to_do = (text(verdict, Language.CHINESE) for text in (reason, remedy))
    for text in (why, what_to_do):
        assert re.search("[\u4e00-\u9fff]", text)
        assert text.endswith("。")
        assert set(text) & set(",;:?!()'\"") == set()
    assert what_to_do.startswith(NOTHING_IN_CHINESE) is (verdict in NOTHING_TO_DO)
    assert "请" in what_to_do or verdict in NOTHING_TO_DO
    assert "请" not in why


@pytest.mark.parametrize("language", list(Language))
def test_no_words_have_a_placeholder_or_an_end_of_their_own(language: Language) -> None:
    for words in VERDICTS.values():
        for text in (words.reason.in_language(language), words.remedy.in_language(language)):
            assert re.findall(r"[{}<>|%]|\.\.|…|TODO|  |^\s|\s$", text) == []


def test_every_verdict_has_words_of_its_own() -> None:
    assert set(VERDICTS) == set(Verdict)
    for language in Language:
        assert len({reason(verdict, language) for verdict in Verdict}) == len(Verdict)


@pytest.mark.parametrize("language", list(Language))
def test_a_remedy_is_not_said_again_of_what_it_does_not_help(language: Language) -> None:
    told = [remedy(verdict, language) for verdict in Verdict if verdict not in NOTHING_TO_DO]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("words", HELPS)
def test_advice_is_given_only_to_whom_it_helps(words: str) -> None:
    assert {verdict for verdict in Verdict if words in remedy(verdict)} == HELPS[words]
