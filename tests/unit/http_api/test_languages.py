"""The language of an answer is the one that the reader likes best."""

from __future__ import annotations

import pytest

from shared.domain.reasons import Language
from shared.http_api.languages import preferred_language


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
