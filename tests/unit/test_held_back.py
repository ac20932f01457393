"""The smoke test's person is never trained, whatever is asked, set or stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.administration import NotPossible, asked_to_train, once_more
from shared.domain.held_back import SMOKE_PERSON
from shared.domain.object_keys import Upload, parse_upload, problem_with_person_id
from shared.domain.photo_set import NEVER
from shared.domain.photos import Verdict
from shared.domain.queue import to_submit
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import IllegalMove, JobState
from tests.unit.support import NOW, RULES, collecting, job_in, photo

EAGER = Rules(close_at=1, min_photos=1, quiet_ms=1, settle_ms=1)
YEAR_MS = 365 * 86_400_000


def test_the_name_is_one_that_uploads_can_have() -> None:
    assert not problem_with_person_id(SMOKE_PERSON)
    assert isinstance(parse_upload(f"people/{SMOKE_PERSON}/a.jpg"), Upload)


@pytest.mark.parametrize("rules", [RULES, EAGER])
@pytest.mark.parametrize("changes", [{}, {"ready_at": NOW, "marker_noted_at": NOW}, {"train_asked_at": NOW}])
def test_no_rule_marker_or_request_ever_completes_its_set(rules: Rules, changes: dict[str, Any]) -> None:
    photos = [photo(f"{number}.jpg") for number in range(10)]
    for person_id, is_completed in ((SMOKE_PERSON, False), ("li", True)):
        job = collecting(*photos, person_id=person_id)
        job = replace(job, photo_set=replace(job.photo_set, **changes))
        assert (job.completed_by(rules, NOW + YEAR_MS) is not None) is is_completed


def test_no_tick_looks_at_its_set_once_the_photos_have_their_verdicts() -> None:
    assert collecting(photo(), person_id=SMOKE_PERSON).due_at == NEVER
    assert collecting(photo(verdict=Verdict.UNCHECKED), person_id=SMOKE_PERSON).due_at < NEVER


def test_an_administrator_cannot_have_it_trained() -> None:
    with pytest.raises(NotPossible, match="held_back"):
        asked_to_train(collecting(photo(), person_id=SMOKE_PERSON), RULES, NOW)
    with pytest.raises(NotPossible, match="held_back"):
        once_more(replace(job_in(JobState.QUEUED, SMOKE_PERSON), state=JobState.CANCELED), RULES, NOW)


def test_a_row_that_says_it_is_queued_is_neither_sent_nor_counted() -> None:
    odd, other = job_in(JobState.QUEUED, SMOKE_PERSON), job_in(JobState.QUEUED, "li")
    assert to_submit(Slot(), [odd, other], [], [], 2, NOW + YEAR_MS, rules=Rules()) == [other]
    assert to_submit(Slot(holders=(odd.job_id,)), [], [], [odd], 2, NOW + YEAR_MS, rules=Rules()) == []


def test_the_intent_to_submit_it_cannot_be_written_down() -> None:
    with pytest.raises(IllegalMove, match="never trained"):
        job_in(JobState.QUEUED, SMOKE_PERSON).attempting(NOW, expires_at=NOW + 1)
