"""A question to the real services, and what is seen.

Each module ``*_questions`` has some of these. The words of a question stand in ``docs/live-test.md`` too,
which a test compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.live.budget import Paid

if TYPE_CHECKING:
    from tests.live.run import Run

Switches = Mapping[str, Mapping[str, object]]
"""Values of the local cloud's switches, by service: ``oss`` (OssBehaviour) and ``dashscope`` (Behaviour)."""


@dataclass(frozen=True)
class Seen:
    """What a question has shown.

    Attributes:
        text: one or two sentences, without names, ids or times of this run: two runs against the same
            behaviour have the same report.
        switches: what follows from it for the local cloud; empty if nothing does.
    """

    text: str
    switches: Switches = field(default_factory=dict)


class NotAsked(Exception):
    """The question cannot be asked here; the text says what it needs."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        name: its short name.
        words: the question.
        ask: asks it. May raise NotAsked, or OverBudget; any other exception is reported as "not answered".
        needs: environment variables without which it is not asked.
        pays: the paid steps it may take; several questions share one, and it is taken once.
        sets: the switches that may follow, as ``service.field``.
    """

    name: str
    words: str
    ask: Callable[[Run], Seen]
    needs: tuple[str, ...] = ()
    pays: tuple[Paid, ...] = ()
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a question. ``asked`` is False if it was not asked or not answered; ``seen`` says why."""

    question: Question
    asked: bool
    seen: str
    switches: Switches = field(default_factory=dict)
