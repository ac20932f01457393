"""An account that may not train yet: told from the first photo, and trained once it may."""

from __future__ import annotations

from typing import cast

import pytest

from shared.domain.control_rows import ControlRows
from shared.domain.reasons import Language
from shared.domain.states import JobState
from shared.http_api.blocked import in_words, what_blocks
from shared.http_api.forecast import Outlook
from shared.http_api.reader import Control
from shared.http_api.readiness import obstacles, readiness_document
from tests.simulation.silence import Silence
from tests.simulation.story import FACE, HOUR_MS, MINUTE_MS, Story, story


class _Rows:
    """The shared rows, as ``GET /readyz`` reads them."""

    def __init__(self, told: Story) -> None:
        self._told = told

    def read_all(self) -> ControlRows:
        return ControlRows(self._told.cloud.slot(), None, None, self._told.cloud.health(), None, None)


def blocked_by(told: Story, person: str) -> str | None:
    """What ``GET /jobs/{job_id}`` names as the reason; None when nothing blocks."""
    cloud = told.cloud
    outlook = Outlook(cloud.slot(), cloud.health(), cloud.rules, cloud.kernel.now, 0)
    block = what_blocks(told.job(person), outlook)
    return in_words(block).name if block else None


def not_ready(told: Story) -> list[object]:
    """The codes of ``GET /readyz``; none when it is ready."""
    now = told.cloud.kernel.now
    _, blocks = obstacles(cast("Control", _Rows(told)), now)
    document = readiness_document(blocks, None, now, Language.ENGLISH, in_full=False)
    return [reason["code"] for reason in cast("list[dict[str, object]]", document.get("reasons", []))]


@pytest.mark.parametrize(
    ("switch", "trouble", "mended", "reason"),
    [
        ("facechain_approved", False, True, "no_facechain"),
        ("in_arrears", True, False, "arrears"),
        ("keys_revoked", True, False, "wrong_key"),
    ],
)
def test_an_account_that_may_not_train_is_told_from_the_first_photo_and_trains_once_when_it_may(
    switch: str, trouble: bool, mended: bool, reason: str
) -> None:
    with story(**{switch: trouble}) as told:
        silence = Silence()
        told.after_each_tick.append(lambda: silence.check(told.cloud))
        told.upload("Li", "1.jpg")
        told.pass_time(MINUTE_MS)
        assert (blocked_by(told, "Li"), not_ready(told)) == (reason, [reason])
        told.upload("Wu", "1.jpg", content=FACE)
        told.pass_time(HOUR_MS)
        for person in ("Li", "Wu"):
            assert (told.job(person).state, blocked_by(told, person)) == (JobState.COLLECTING, reason)
            assert "no_face" not in told.verdicts(person).values()
        assert (not_ready(told), told.paid()) == ([reason], 0)
        setattr(told.cloud.behaviour, switch, mended)
        told.pass_time(HOUR_MS)
        assert told.is_trained("Li")
        assert told.is_trained("Wu")
        assert (told.paid(), not_ready(told)) == (2, [])
