"""Why a job is in its state, as a value: :mod:`shared.domain.reasons` has the words for people."""

from __future__ import annotations

from dataclasses import dataclass

NO_USABLE_PHOTO = "no_usable_photo"


@dataclass(frozen=True)
class Reason:
    """Why a job is in its state: a word for programs, a sentence for people."""

    code: str
    message: str


EARLIER_RESULT = Reason(
    "earlier_result", "The bucket has an earlier result of this person; nothing is paid for again."
)
OTHER_SPELLING = Reason(
    "other_spelling", "The photos of this set belong to the person of the same name in composed form."
)
