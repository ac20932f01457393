"""The person of the operator's smoke test, whose photos are checked and never trained, whatever happens.

A setting could not promise that: one that is wrong or lost would be paid for. So the name decides, at three
gates that do not know of each other: the person's set never closes (:mod:`shared.domain.job_record`), a
queued job is not sent (:mod:`shared.domain.queue`), and no intent to submit can be written down
(:mod:`shared.domain.job`). ``python -m local smoke`` uploads for this person and no other command does.
"""

from __future__ import annotations

from shared.domain.states import IllegalMove

SMOKE_PERSON = "facechain-smoke-test"


def is_held_back(person_id: str) -> bool:
    """Whether nothing of this person may ever be trained."""
    return person_id == SMOKE_PERSON


def check_may_be_trained(person_id: str) -> None:
    """Raise :class:`IllegalMove` for a person who is held back."""
    if is_held_back(person_id):
        raise IllegalMove(f"{person_id} is the smoke test's person and is never trained")
