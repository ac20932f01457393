"""The stories that trouble strikes: each makes the product call some operation for one person.

Trouble begins before the struck person's part. ``STRUCK`` is that person, ``STRUCK_PHOTO`` the photo whose
calls are struck where one photo's are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain import requests as kinds
from shared.domain.object_keys import job_id
from shared.domain.portrait_styles import Wanted
from shared.domain.rules import MAX_PHOTOS
from tests.simulation.consents import put_consent
from tests.simulation.faults import Fault
from tests.simulation.scenario_cloud import Struck
from tests.simulation.scenarios import zipped
from tests.simulation.story import FACE, HOUR_MS, MINUTE_MS, VIEW, Story

STRUCK, STRUCK_PHOTO = "Li", "bad.jpg"
HEALTHY, LATER_HEALTHY = "Wu", "Zhao"
TRAINED_WITHIN_MS = 10 * MINUTE_MS
WITH_PORTRAITS: Mapping[str, Any] = {
    "rules": {"portraits_allowed": True, "portraits": (Wanted("f_idcard_female", 2),)},
    "task_seconds": 5.0,
}
"""Portraits are made of every model, the healthy ones' too."""
KEPT_FOR_MS = 12 * MINUTE_MS
"""So that its time comes once the trouble has begun."""


def _nothing(told: Story) -> None:
    """Nothing happens before the trouble."""


def _two_photos(told: Story) -> None:
    told.upload(STRUCK, STRUCK_PHOTO, "good.jpg")


@dataclass(frozen=True)
class Stage:
    """A story.

    Attributes:
        name: what the struck person does.
        settings: those of the story.
        before: what happens before the trouble begins.
        act: the struck person's part.
        revisions: the struck person's trainings, the last of which is struck.
        struck_upload: the upload that is struck as the one object.
        photo_access: how DashScope is given the photos.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[Story], None] = _nothing
    act: Callable[[Story], None] = _two_photos
    revisions: int = 1
    struck_upload: str = STRUCK_PHOTO
    photo_access: str = "url"


def _is_trained(told: Story, photo: str = STRUCK_PHOTO) -> None:
    told.upload(STRUCK, photo)
    told.cloud.advance(5_000)
    assert told.pass_time_until(lambda: told.is_trained(STRUCK), at_most_ms=TRAINED_WITHIN_MS)


def _is_trained_three_times(told: Story) -> None:
    for photo in (STRUCK_PHOTO, "second.jpg", "third.jpg"):
        _is_trained(told, photo)


def _trains_without_end(told: Story) -> None:
    def hold_up() -> None:
        for entry in told.cloud.studio.ledger():
            if told.cloud.invariants.owner_of(entry.training_file_ids[0]) == job_id(STRUCK, 1):
                told.cloud.studio.set_training_seconds(entry.job_id, 1e6)

    told.after_each_tick.append(hold_up)


def _a_photo_on_its_side(told: Story) -> None:
    told.upload(STRUCK, STRUCK_PHOTO, content=VIEW + b" upright at 270")
    told.upload(STRUCK, "good.jpg")


def _many_photos(told: Story) -> None:
    told.upload(STRUCK, STRUCK_PHOTO, *(f"{number:02}.jpg" for number in range(MAX_PHOTOS)))


def _sends_one_more(told: Story) -> None:
    told.upload(STRUCK, "good.jpg")


def _sends_a_zip(told: Story) -> None:
    photos = {STRUCK_PHOTO: FACE + b" in a zip", "other.jpg": FACE + b" in a zip too"}
    told.cloud.upload(STRUCK, "photos.zip", zipped(photos))
    told.upload(STRUCK, "good.jpg")


def _is_forgotten_by_the_tables(told: Story) -> None:
    _is_trained(told)
    told.cloud.forget_tables()


def _checks_no_faces(told: Story) -> None:
    told.cloud.change_rules(face_check=False)


def _is_asked_for(told: Story) -> None:
    told.upload(STRUCK, STRUCK_PHOTO, "good.jpg")
    told.cloud.ask(kinds.TRAIN, STRUCK)


def _is_trained_and_may_be_erased(told: Story) -> None:
    told.cloud.erase_key = "the erase key of a stage"
    _is_trained(told)


def _is_erased(told: Story) -> None:
    # What was asked for about the person before goes with them.
    told.cloud.ask(kinds.TRAIN, STRUCK)
    told.cloud.ask(kinds.ERASE, STRUCK)


def _has_portraits(told: Story) -> None:
    _is_trained(told)
    assert told.pass_time_until(lambda: told.has_portraits(STRUCK), at_most_ms=TRAINED_WITHIN_MS)


def _sends_one_more_and_the_order_is_not_answered(told: Story) -> None:
    _sends_one_more(told)
    kernel, lost = told.cloud.kernel, {"GeneratePortraits": (Fault.LOST,)}
    told.cloud.gate.faults = Struck({}, lost, lambda: kernel.current)


def _everybody_has_consented(told: Story) -> None:
    for person in (STRUCK, HEALTHY, LATER_HEALTHY):
        put_consent(told.cloud, person)


PHOTOS = Stage("two photos")
KEPT = Stage(
    "what has been kept long enough",
    {
        "rules": {"keep_snapshots_ms": KEPT_FOR_MS, "keep_models_ms": KEPT_FOR_MS},
        "delete_terminal": "allow",
    },
    before=_is_trained,
    act=_nothing,
)
CONSENTED = Stage(
    "two photos of somebody who has consented",
    {"rules": {"consent_required": True}},
    before=_everybody_has_consented,
)
ERASED = Stage("an erasure", before=_is_trained_and_may_be_erased, act=_is_erased)
ASKED = Stage("two photos, and an administrator who asks for their training", act=_is_asked_for)
FILES = Stage("two photos by file", before=_checks_no_faces, photo_access="file")
CHECKED_BY_FILE = Stage("two photos checked by file", photo_access="file")
CARRIED = Stage("one more photo", before=_is_trained, act=_sends_one_more, revisions=2)
BOX = Stage("a zip and a photo", act=_sends_a_zip, struck_upload="photos.zip")
SIDEWAYS = Stage("a photo on its side and another one", act=_a_photo_on_its_side)
MANY = Stage("eleven photos", {"rules": {"close_at": 0}}, act=_many_photos)
RESTORED = Stage(
    "one more photo after the tables were lost",
    before=_is_forgotten_by_the_tables,
    act=_sends_one_more,
    revisions=2,
)
PORTRAYED = Stage("portraits of a new model", WITH_PORTRAITS)
LABELLED = Stage(
    "portraits with the visible label",
    {**WITH_PORTRAITS, "rules": {**WITH_PORTRAITS["rules"], "label_portraits": True}},
)
UNANSWERED = Stage(
    "portraits whose order was carried out and not answered",
    WITH_PORTRAITS,
    # A task of theirs that is known tells which tasks of the list are of our key.
    before=_has_portraits,
    act=_sends_one_more_and_the_order_is_not_answered,
    revisions=2,
)
OVERDUE = Stage(
    "a training that does not end",
    {"rules": {"training_deadline_ms": HOUR_MS, "concurrent_trainings": 2}, "concurrent_fine_tunes": 2},
    before=_trains_without_end,
)
FULL = Stage(
    "one more photo at a full account",
    {
        "rules": {"kept_fine_tunes": 3, "delete_superseded": True, "max_trainings_per_person_per_day": 0},
        "delete_terminal": "allow",
    },
    before=_is_trained_three_times,
    act=_sends_one_more,
    revisions=4,
)
