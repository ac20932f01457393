"""All questions, in the order in which they are put: the free ones about the doors first, the list last."""

from __future__ import annotations

from tests.live import (
    dashscope_questions,
    function_compute_questions,
    oss_questions,
    tablestore_questions,
    training_questions,
)
from tests.live.budget import Paid
from tests.live.question import Question

QUESTIONS: tuple[Question, ...] = (
    *oss_questions.QUESTIONS,
    *tablestore_questions.QUESTIONS,
    *function_compute_questions.QUESTIONS,
    *dashscope_questions.DOORS,
    *training_questions.QUESTIONS,
    *dashscope_questions.LISTS,
)


def steps_of(questions: tuple[Question, ...]) -> set[Paid]:
    """Return the paid steps of ``questions``, each once."""
    return {step for question in questions for step in question.pays}
