"""A text in both languages, and the two texts that every verdict has.

The tables of words are made of these: of verdicts (:mod:`shared.domain.verdict_words`), of reasons
(:mod:`shared.domain.reasons`), and of what blocks a job (:mod:`shared.domain.remedies`).
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Language(str, Enum):
    """A language of the answers, by its BCP 47 tag."""

    ENGLISH = "en"
    CHINESE = "zh"


class Words(NamedTuple):
    """One text in both languages."""

    english: str
    chinese: str

    def in_language(self, language: Language) -> str:
        """Return the text in ``language``."""
        return self.chinese if language is Language.CHINESE else self.english


class VerdictWords(NamedTuple):
    """What is told of a verdict: why it was reached, and what to do now.

    Each is of whole sentences. A remedy begins with what to do, or says that nothing needs to be done.
    """

    reason: Words
    remedy: Words


NOTHING = Words(
    "Nothing needs to be done: it is tried again by itself.",
    "无需操作，系统会自动重试。",
)


class Told(NamedTuple):
    """What is told of a trouble: what is wrong, and what to do about it."""

    message: Words
    remedy: Words = NOTHING
