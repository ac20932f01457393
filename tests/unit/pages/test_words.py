"""The texts of the pages: both languages, the same places to fill, none missing and none left over."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from shared.domain.states import JobState
from shared.pages.words import WORDS

TEMPLATES = "".join(
    path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parents[3] / "shared/pages/templates").glob("*.html.jinja"))
)
PLACES = string.Formatter()


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in PLACES.parse(text) if name is not None}


@pytest.mark.parametrize("word", WORDS)
def test_a_text_is_there_in_both_languages_with_the_same_places(word: str) -> None:
    english, chinese = WORDS[word]
    assert english
    assert places(english) == places(chinese)
    assert not re.search("[\u4e00-\u9fff]", english) or word == "other_language"
    has_words = re.search("[A-Za-z]{3}", re.sub(r"\{\w+\}", "", english))
    assert not has_words or word == "other_language" or re.search("[\u4e00-\u9fff]", chinese)


@pytest.mark.parametrize("word", WORDS)
def test_a_text_holds_no_markup(word: str) -> None:
    for text in WORDS[word]:
        assert not re.search(r"<(?!name>|姓名>)|&", text)


def asked_for() -> set[str]:
    named = set(re.findall(r"'([a-z]+(?:_[a-z]+)*)'", TEMPLATES))
    return (named & set(WORDS)) | {
        word for word in WORDS if word.startswith(("state_", "verdict_", "order_", "style_"))
    }


def test_every_text_is_used() -> None:
    assert asked_for() == set(WORDS)


def test_every_text_that_a_template_asks_for_is_there() -> None:
    assert set(re.findall(r"\bt\('([a-z_]+)'[,)]", TEMPLATES)) <= set(WORDS)
    assert {f"state_{state.value}" for state in JobState} <= set(WORDS)
