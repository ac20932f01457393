"""The settings that decisions depend on, as one value: the domain reads no environment.

:mod:`shared.settings` makes it; ``World.rules`` brings it to the workflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from shared.domain.money import LIST_PRICE_FEN, PICTURE_PRICE_FEN
from shared.domain.object_keys import READY_MARKER

if TYPE_CHECKING:
    from shared.domain.portrait_styles import Wanted

PORTRAIT_PRODUCER = "facechain-generation@dashscope"
"""The service that makes portraits, as a code in the characters of GB 45438-2025."""
MAX_PHOTOS = 10
"""DashScope, facechain-finetune: a training takes 1 to 10 images."""


class Trainings(str, Enum):
    """Whether closed sets are trained: at once, never, or each once an administrator says so."""

    ON = "on"
    OFF = "off"
    APPROVE = "approve"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Settings of the domain.

    Attributes:
        quiet_ms: no new photo for so long completes a set.
        min_photos: usable photos that quiet time needs to complete a set.
        close_at: so many usable photos complete a set once it has settled; 0: no number does.
        settle_ms: nothing may have arrived for so long before photos or an empty marker complete a set.
        ready_marker: the object in a person's folder that completes the set.
        carry_over: whether a new revision trains on the person's earlier photos too.
        face_check: whether an unchecked photo must wait for its face check.
        concurrent_trainings: fine-tunes that may run at once.
        kept_fine_tunes: running and succeeded fine-tunes that the account may have; DashScope's cap.
        delete_superseded: whether a fine-tune of a superseded revision is deleted when the cap is reached.
        max_attempts: tries that a job has in all when tries fail for its own sake.
        max_trainings_per_person_per_day: fine-tunes of one person on a day in Beijing; 0: any number.
        listing_delay_ms: how long after an attempt's last possible moment the list of fine-tunes is
            trusted to show it.
        sweep_rest_ms: pause between two looks at the bucket for uploads whose event never came.
        linger_ms: function time that runs may stay for one training, so that its end is seen at once; 0:
            none.
        keep_snapshots_ms: for so long after a job has ended its snapshots are kept; 0: for good. So below.
        keep_photos_ms: the uploads that its set was made of.
        keep_models_ms: its fine-tune at DashScope.
        keep_records_ms: everything of a person, from the end of the newest job on.
        training_deadline_ms: a fine-tune that is not done by then is given up.
        trainings: whether closed sets are trained.
        training_price_fen: the list price of a training, in hundredths of a yuan.
        max_fen_per_day: so much may be spent on trainings on a day in Beijing; 0: any sum. So below.
        max_fen_per_month: in a month.
        max_fen_per_person: for one person, in all time.
        max_fen_in_all: for everybody, in all time.
        portraits_allowed: whether portraits may be made at all.
        portraits: what is asked for of every new model.
        portrait_price_fen: the list price of a picture.
        portrait_producer: who makes the portraits, as their labels say: a name or a code.
        label_portraits: whether each portrait shows that it was generated, besides its metadata.
        consent_required: whether nothing of a person leaves for DashScope without their consent.
        consent_versions: the versions of the text that a consent may be to; empty: any.
    """

    quiet_ms: int = 120_000
    min_photos: int = 1
    close_at: int = MAX_PHOTOS
    settle_ms: int = 60_000
    ready_marker: str = READY_MARKER
    carry_over: bool = True
    face_check: bool = True
    concurrent_trainings: int = 1
    kept_fine_tunes: int = 20
    delete_superseded: bool = False
    max_attempts: int = 2
    max_trainings_per_person_per_day: int = 3
    listing_delay_ms: int = 600_000
    sweep_rest_ms: int = 300_000
    linger_ms: int = 450_000
    keep_snapshots_ms: int = 7 * 86_400_000
    keep_photos_ms: int = 0
    keep_models_ms: int = 0
    keep_records_ms: int = 0
    training_deadline_ms: int = 6 * 3600_000
    trainings: Trainings = Trainings.ON
    training_price_fen: int = LIST_PRICE_FEN
    max_fen_per_day: int = 0
    max_fen_per_month: int = 0
    max_fen_per_person: int = 0
    max_fen_in_all: int = 0
    consent_required: bool = False
    consent_versions: tuple[str, ...] = ()
    portraits_allowed: bool = False
    portraits: tuple[Wanted, ...] = ()
    portrait_price_fen: int = PICTURE_PRICE_FEN
    portrait_producer: str = PORTRAIT_PRODUCER
    label_portraits: bool = False
