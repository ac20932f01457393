"""Named stories, each small and with one right ending, which a crash anywhere in them must not change.

A story is a row of steps; a step waits for its moment, so that a crash, which delays everything, does not
turn it into another story. The endings count DashScope's ledger: ``paid`` are fine-tunes that it did not
report failed, ``failed`` those that it did.
"""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.errors import ServiceError
from shared.domain.object_keys import job_id, upload_name
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.consents import put_consent
from tests.simulation.faults import Fault
from tests.simulation.standing import Answer, Standing
from tests.simulation.stores import METADATA, MIRRORED, TURNED

SECOND = 1000
MINUTE_MS = 60 * SECOND
SWEEP_REST_MS = 50 * SECOND
FACE, OTHER_FACE, VIEW = b"FACE 1", b"FACE 2", b"VIEW 1"
ZOE, APART = (unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD"))

Moment = Callable[[SimulatedCloud], bool]
Refusals = Callable[[int], ServiceError | None]


@dataclass(frozen=True)
class Step:
    """What the world does at its ``moment``."""

    moment: Moment
    act: Callable[[SimulatedCloud], None]


@dataclass(frozen=True)
class Ending:
    """How one training of a person has to end."""

    state: JobState
    paid: int = 0
    failed: int = 0
    reason: str = ""


TRAINED = Ending(JobState.SUCCEEDED, paid=1)
REJECTED = Ending(JobState.REJECTED, reason="no_usable_photo")


def at_once(_: SimulatedCloud) -> bool:
    return True


def once(person: str, state: JobState) -> Moment:
    """When the person's newest job stands in ``state``."""

    def has_come(cloud: SimulatedCloud) -> bool:
        theirs = [job for job in cloud.jobs() if job.person_id == person]
        return bool(theirs) and theirs[-1].state is state

    return has_come


def has_been_submitted(cloud: SimulatedCloud) -> bool:
    """When DashScope has a fine-tune, whether we know of it or not."""
    return bool(cloud.studio.ledger())


def twice_submitted(cloud: SimulatedCloud) -> bool:
    """When DashScope has been sent a second training."""
    return len(cloud.studio.ledger()) > 1


def upload(person: str, name: str, content: bytes, *, after: int = 0, events: tuple[int, ...] = (0,)) -> Step:
    return Step(
        at_once,
        lambda cloud: cloud.kernel.at(
            cloud.kernel.now + after, lambda: cloud.upload(person, name, content, deliveries=events)
        ),
    )


def then_upload(
    person: str,
    name: str,
    content: bytes,
    *,
    when: Moment,
    in_parts: bool = False,
    events: tuple[int, ...] = (0,),
) -> Step:
    return Step(when, lambda cloud: cloud.upload(person, name, content, deliveries=events, in_parts=in_parts))


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of ``files``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # of no date, so that a story can be told again
    return buffer.getvalue()


def delete(person: str, name: str, *, after: int) -> Step:
    return Step(
        at_once,
        lambda cloud: cloud.kernel.at(cloud.kernel.now + after, lambda: cloud.delete(person, name)),
    )


def marker(person: str, *, after: int = 2 * SECOND) -> Step:
    return upload(person, "_READY", b"", after=after)


def _cancel_by_hand(cloud: SimulatedCloud) -> None:
    cloud.studio.cancel_fine_tune(cloud.studio.ledger()[-1].job_id)


def _delete_by_hand(cloud: SimulatedCloud) -> None:
    cloud.studio.delete_fine_tune(cloud.studio.ledger()[-1].job_id)


def asked(kind: str, subject: str = "", *, when: Moment = at_once, photo: str = "", reason: str = "") -> Step:
    """An administrator asks for something."""
    return Step(when, lambda cloud: cloud.ask(kind, subject, photo=photo, reason=reason))


def after_minutes(minutes: int, moment: Moment = at_once) -> Moment:
    """When so much time has passed since the story began, and ``moment`` has come."""
    return lambda cloud: cloud.kernel.now >= cloud.kernel.start + minutes * MINUTE_MS and moment(cloud)


def consent(
    person: str, *, when: Moment = at_once, after: int = 0, events: tuple[int, ...] = (0,), **said: Any
) -> Step:
    """The person consents, or withdraws it (``withdrawn``)."""

    def put(cloud: SimulatedCloud) -> None:
        put_consent(cloud, person, deliveries=events, **said)

    return Step(when, lambda cloud: cloud.kernel.at(cloud.kernel.now + after, lambda: put(cloud)))


def failing(code: str, times: int) -> Step:
    """DashScope's next trainings fail."""
    return Step(at_once, lambda cloud: cloud.studio.fail_next(code, "simulated", times=times))


def first(count: int, status: int, code: str, message: str = "simulated") -> Refusals:
    """The first ``count`` calls are refused."""
    return lambda number: ServiceError(status, code, message) if number < count else None


IS_TRAINING = once("Li", JobState.TRAINING)


def _behind_it(person: str, content: bytes) -> tuple[Step, Step]:
    """Another person, who comes while the first is trained."""
    return then_upload(person, "1.jpg", content, when=IS_TRAINING), marker(person)


FIRST_ZIP = zipped({"old.jpg": b"FACE old", "kept.jpg": FACE})
SECOND_ZIP = zipped({"kept.jpg": FACE, "new.jpg": OTHER_FACE})
OF_SECOND_ZIP = {"Li": frozenset({FACE, OTHER_FACE})}
PHOTO, MARKED = upload("Li", "1.jpg", FACE), marker("Li")
TRAINED_ONCE = {"Li": (TRAINED,)}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A story and its ending; unless said otherwise one photo and a marker, and one training.

    Attributes:
        endings: a person's trainings, by revision.
        refusals: DashScope's answer to the n-th call (from 0) of a method of its state; None: as usual.
        troubles: what goes wrong with the first calls of an operation even without a crash.
        standing: what stays in the way, all the time.
        ends_with_a_tick: whether a tick finds the world at rest at the end.
        pairs: whether two crashes in a row on the way of the submit are played too.
        erased: who is erased, and the pictures of theirs that must be nowhere in the end.
        exported: of whom there is a zip in the end, and the uploads that are in it.
        trained_on: the contents that the latest training of each person is made of; None: not looked at.
        portraits: of whom which orders of portraits have ended how, with how many pictures, in their order.
        tells: whether somebody is told of what happens, and is to hear of each state once.
        patience: minutes in which it must come to rest, whatever has happened in it.
    """

    name: str
    steps: tuple[Step, ...] = (PHOTO, MARKED)
    endings: Mapping[str, tuple[Ending, ...]] = field(default_factory=lambda: TRAINED_ONCE)
    rules: Rules = field(default_factory=lambda: Rules(quiet_ms=MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS))
    behaviour: Mapping[str, Any] = field(default_factory=dict)
    refusals: Mapping[str, Refusals] = field(default_factory=dict)
    troubles: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)
    standing: tuple[Standing, ...] = ()
    photo_access: str = "url"
    account: str = "old"
    ends_with_a_tick: bool = False
    pairs: bool = False
    trained_on: Mapping[str, frozenset[bytes]] | None = None
    erased: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    exported: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    portraits: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    tells: bool = False
    audited: bool = False
    patience: int = 40

    def new_behaviour(self) -> Behaviour:
        """How DashScope behaves in this story; a training is short unless the story needs it long."""
        usual: dict[str, Any] = {
            "training_seconds": 30.0,
            "pending_seconds": 0.0,
            "fetch": "start",
            "second_fine_tune": "queue",
        }
        return Behaviour(**{**usual, **self.behaviour})


CONSENTED = Rules(quiet_ms=MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS, consent_required=True)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="a lone person whose set closes by quiet time",
        steps=(PHOTO,),
        pairs=True,
    ),
    Scenario(
        name="a lone person whose set closes by the marker",
        pairs=True,
    ),
    Scenario(
        name="a marker that overtakes its photo",
        steps=(upload("Li", "1.jpg", FACE, events=(2 * SECOND,)), marker("Li", after=SECOND)),
    ),
    Scenario(
        name="a set that closes by its tenth photo, unchecked",
        steps=tuple(upload("Li", f"{n}.jpg", b"FACE %d" % n, after=n * SECOND) for n in range(10)),
        rules=Rules(quiet_ms=MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS, face_check=False),
    ),
    *(
        Scenario(
            name=f"photos that wait for a consent, which comes {how}",
            steps=(PHOTO, MARKED, consent("Li", when=after_minutes(1), events=events)),
            rules=CONSENTED,
            photo_access=access,
            account="today" if access == "file" else "old",
            pairs=access == "file",
        )
        for how, events, access in (
            ("with its event", (0,), "url"),
            ("without its event", (), "url"),
            ("where photos go by file", (0,), "file"),
        )
    ),
    Scenario(
        name="two people against one slot",
        steps=(PHOTO, upload("Wu", "1.jpg", OTHER_FACE), MARKED, marker("Wu")),
        endings={"Li": (TRAINED,), "Wu": (TRAINED,)},
    ),
    Scenario(
        name="a person whose only photo shows no face",
        steps=(upload("Li", "1.jpg", VIEW),),
        endings={"Li": (REJECTED,)},
    ),
    Scenario(
        name="a rejected person who sends a better photo",
        steps=(
            upload("Li", "1.jpg", VIEW),
            then_upload("Li", "2.jpg", FACE, when=once("Li", JobState.REJECTED)),
        ),
    ),
    Scenario(
        name="a set that waits for its second photo, then takes it",
        steps=(
            PHOTO,
            upload("Li", "2.jpg", b"", after=SECOND),
            upload("Li", "3.jpg", OTHER_FACE, after=90 * SECOND),
        ),
        rules=Rules(quiet_ms=MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS, min_photos=2),
    ),
    Scenario(
        name="a photo that comes while its person is trained",
        steps=(PHOTO, MARKED, then_upload("Li", "2.jpg", OTHER_FACE, when=has_been_submitted)),
        endings={"Li": (TRAINED, TRAINED)},
        behaviour={"training_seconds": 90.0},
    ),
    *(
        Scenario(
            name=f"a photo that is sent again in parts under {name} after the submit, {how}",
            steps=(
                PHOTO,
                MARKED,
                then_upload("Li", file, FACE, when=has_been_submitted, in_parts=True, events=events),
            ),
        )
        for name, file in (("its name", "1.jpg"), ("another name", "copy.jpg"))
        for how, events in (("with its event", (0,)), ("found by the sweep", ()))
    ),
    Scenario(
        name="a copy in parts of a photo of an earlier revision that is not carried over",
        steps=(
            PHOTO,
            MARKED,
            then_upload("Li", "2.jpg", OTHER_FACE, when=has_been_submitted),
            then_upload("Li", "copy.jpg", FACE, when=twice_submitted, in_parts=True),
        ),
        endings={"Li": (TRAINED, TRAINED)},
        rules=Rules(quiet_ms=MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS, carry_over=False),
    ),
    Scenario(
        name="thirteen photos, most of them frames of two bursts",
        steps=tuple(
            upload("Li", f"{number}.jpg", content, after=number * SECOND)
            for number, content in enumerate(
                [f"FACE burst {number % 2} {number}".encode() for number in range(11)] + [FACE, OTHER_FACE]
            )
        ),
        rules=Rules(quiet_ms=MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS, close_at=0, face_check=False),
    ),
    Scenario(
        name="a photo that lies on its side",
        steps=(upload("Li", "1.jpg", b"VIEW upright at 270"), MARKED),
    ),
    Scenario(
        name="a photo whose snapshot has to be cleaned",
        steps=(upload("Li", "1.jpg", FACE + b" " + METADATA), MARKED),
    ),
    *(
        Scenario(
            name=f"a large photo that was {held}, which OSS does not turn",
            steps=(upload("Li", "1.jpg", FACE + b" " + content), MARKED),
        )
        for held, content in (("held sideways", TURNED), ("taken in a mirror", MIRRORED))
    ),
    Scenario(
        name="a person whose photos and marker lie in folders of two spellings",
        steps=(
            upload(ZOE, "1.jpg", FACE),
            upload(ZOE, upload_name(APART, "1.jpg"), OTHER_FACE, after=SECOND),
            upload(ZOE, upload_name(APART, "_READY"), b"", after=3 * SECOND),
        ),
        endings={ZOE: (TRAINED,)},
    ),
    Scenario(
        name="a photo in the folder of another spelling, whose event is lost",
        steps=(
            upload(ZOE, upload_name(APART, "1.jpg"), OTHER_FACE, events=()),
            upload(ZOE, "1.jpg", FACE),
            marker(ZOE),
        ),
        endings={ZOE: (TRAINED,)},
    ),
    Scenario(
        name="a photo that is overwritten while its set collects",
        steps=(PHOTO, upload("Li", "1.jpg", OTHER_FACE, after=300), MARKED),
    ),
    Scenario(
        name="an event that comes three times, once after the end",
        steps=(upload("Li", "1.jpg", FACE, events=(0, 100, 10 * MINUTE_MS)), MARKED),
        ends_with_a_tick=True,
    ),
    Scenario(
        name="a lost event that the sweep makes good",
        steps=(upload("Li", "1.jpg", FACE, events=()),),
    ),
    Scenario(
        name="a zip of two photos and a note, then the marker",
        steps=(
            upload("Li", "photos.zip", zipped({"a.jpg": FACE, "b/c.jpg": OTHER_FACE, ".note": b"-"})),
            MARKED,
        ),
    ),
    Scenario(
        name="a zip whose event is lost and whose photos are hard to store",
        steps=(upload("Li", "photos.zip", zipped({"1.jpg": FACE, "2.jpg": OTHER_FACE}), events=()),),
        troubles={"PutObject upload": (Fault.ERROR_AFTER,)},
    ),
    Scenario(
        name="a zip that is replaced while it is unpacked",
        steps=(
            upload("Li", "photos.zip", FIRST_ZIP),
            upload("Li", "photos.zip", SECOND_ZIP, after=250),
            marker("Li", after=5 * SECOND),
        ),
        trained_on=OF_SECOND_ZIP,
    ),
    Scenario(
        name="a zip that is replaced before its set closes, by one whose event is lost",
        steps=(
            upload("Li", "photos.zip", FIRST_ZIP),
            upload("Li", "photos.zip", SECOND_ZIP, after=20 * SECOND, events=()),
        ),
        trained_on=OF_SECOND_ZIP,
    ),
    Scenario(
        name="a zip that replaces one that is trained on",
        steps=(
            upload("Li", "photos.zip", FIRST_ZIP),
            MARKED,
            then_upload("Li", "photos.zip", SECOND_ZIP, when=has_been_submitted),
        ),
        endings={"Li": (TRAINED, TRAINED)},
        behaviour={"training_seconds": 90.0},
        trained_on=OF_SECOND_ZIP,
    ),
    Scenario(
        name="a zip that is deleted before its set closes, beside a photo",
        steps=(
            upload("Li", "photos.zip", FIRST_ZIP),
            upload("Li", "own.jpg", b"FACE of its own"),
            delete("Li", "photos.zip", after=20 * SECOND),
        ),
        trained_on={"Li": frozenset({b"FACE of its own"})},
    ),
    Scenario(
        name="a face check that is throttled and made later",
        refusals={"detect_faces": first(4, 429, "Throttling.RateQuota")},
    ),
    Scenario(
        name="a training that fails at DashScope's own fault and is made again",
        steps=(failing("InternalError.Algo", 1), PHOTO, MARKED),
        endings={"Li": (Ending(JobState.SUCCEEDED, paid=1, failed=1),)},
        pairs=True,
    ),
    Scenario(
        name="a training that fails as often as it may",
        steps=(failing("InternalError.Algo", 3), PHOTO, MARKED),
        endings={"Li": (Ending(JobState.FAILED, failed=2, reason="InternalError.Algo"),)},
    ),
    Scenario(
        name="a training that fails for its photos and is not made again",
        steps=(failing("InvalidFile.NoHuman", 1), PHOTO, MARKED),
        endings={"Li": (Ending(JobState.FAILED, failed=1, reason="InvalidFile.NoHuman"),)},
    ),
    Scenario(
        name="a submit that meets a full account",
        refusals={"create_fine_tune": first(1, 429, "Throttling", "Too many fine-tune job in running")},
    ),
    Scenario(
        name="a key that is refused and then works again",
        refusals={"create_fine_tune": first(1, 401, "InvalidApiKey")},
    ),
    Scenario(
        name="a submit that is refused for good while others' are accepted",
        steps=(
            PHOTO,
            MARKED,
            upload("Wu", "1.jpg", OTHER_FACE, after=5 * MINUTE_MS),
            marker("Wu", after=5 * MINUTE_MS + 2 * SECOND),
            # A trouble of another step begins the count of refusals anew: there has to be another.
            upload("Zhao", "1.jpg", b"FACE 3", after=12 * MINUTE_MS),
            marker("Zhao", after=12 * MINUTE_MS + 2 * SECOND),
        ),
        endings={
            "Li": (Ending(JobState.FAILED, reason="InvalidParameter"),),
            "Wu": (TRAINED,),
            "Zhao": (TRAINED,),
        },
        standing=(
            Standing(
                service="dashscope",
                operation="CreateFineTune",
                answer=Answer(400, "InvalidParameter"),
                about=(job_id("Li", 1),),
            ),
        ),
    ),
    Scenario(
        name="a download that fails once",
        refusals={"create_fine_tune": first(1, 400, "InvalidParameter.DataInspection")},
    ),
    Scenario(
        name="files in place of URLs",
        photo_access="file",
        account="today",
        pairs=True,
    ),
    Scenario(
        name="an account of today, found out by the first photo",
        photo_access="auto",
        account="today",
    ),
    Scenario(
        name="an account with a domain, found out by the first photo",
        photo_access="auto",
        account="domain",
    ),
    Scenario(
        name="a lost answer to the submit, adopted from a list that lags",
        steps=(PHOTO, marker("Li", after=50 * SECOND)),
        behaviour={"list_lag_seconds": 20.0},
        troubles={"CreateFineTune": (Fault.LOST,)},
        pairs=True,
    ),
    Scenario(
        name="a submit that never arrived and is sent again",
        troubles={"CreateFineTune": (Fault.TIMEOUT,)},
    ),
    Scenario(
        name="an unreadable answer to the submit",
        troubles={"CreateFineTune": (Fault.GARBAGE,)},
    ),
    Scenario(
        name="a fine-tune that is cancelled by hand",
        steps=(PHOTO, MARKED, Step(has_been_submitted, _cancel_by_hand)),
        endings={"Li": (Ending(JobState.CANCELED, paid=1, reason="canceled_at_dashscope"),)},
        behaviour={"training_seconds": 900.0},
    ),
    Scenario(
        name="a fine-tune that is deleted by hand",
        steps=(PHOTO, MARKED, Step(IS_TRAINING, _delete_by_hand)),
        endings={"Li": (Ending(JobState.FAILED, paid=1, reason="fine_tune_vanished"),)},
        behaviour={"training_seconds": 900.0},
    ),
    Scenario(
        name="a queued training that an administrator cancels",
        steps=(
            *(PHOTO, MARKED, *_behind_it("Wu", OTHER_FACE)),
            asked("cancel", job_id("Wu", 1), when=once("Wu", JobState.QUEUED)),
        ),
        endings={"Li": (TRAINED,), "Wu": (Ending(JobState.CANCELED, reason="canceled_before_submit"),)},
        behaviour={"training_seconds": 600.0},
    ),
    Scenario(
        name="an open set that an administrator cancels, and another photo",
        steps=(
            PHOTO,
            asked("cancel", job_id("Li", 1), when=once("Li", JobState.COLLECTING)),
            then_upload("Li", "2.jpg", OTHER_FACE, when=once("Li", JobState.CANCELED)),
        ),
        endings={"Li": (Ending(JobState.CANCELED, reason="canceled_before_submit"), TRAINED)},
        rules=Rules(quiet_ms=3 * MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS),
    ),
    Scenario(
        name="a training that an administrator cancels",
        steps=(PHOTO, MARKED, asked("cancel", job_id("Li", 1), when=IS_TRAINING)),
        endings={"Li": (Ending(JobState.CANCELED, paid=1, reason="canceled_not_billed"),)},
        behaviour={"training_seconds": 900.0},
    ),
    Scenario(
        name="a training that an administrator cancels while nobody knows whether it was submitted",
        steps=(PHOTO, MARKED, asked("cancel", job_id("Li", 1), when=has_been_submitted)),
        endings={"Li": (Ending(JobState.CANCELED, paid=1, reason="canceled_not_billed"),)},
        behaviour={"training_seconds": 900.0, "list_lag_seconds": 90.0},
        troubles={"CreateFineTune": (Fault.LOST,)},
    ),
    Scenario(
        name="a failed training that an administrator has tried again",
        steps=(
            *(failing("InvalidFile.NoHuman", 1), PHOTO, MARKED),
            asked("retry", job_id("Li", 1), when=once("Li", JobState.FAILED)),
        ),
        endings={"Li": (Ending(JobState.FAILED, failed=1, reason="InvalidFile.NoHuman"), TRAINED)},
    ),
    Scenario(
        name="a person whom an administrator puts first",
        steps=(
            *(PHOTO, MARKED, *_behind_it("Wu", OTHER_FACE), *_behind_it("Zhao", b"FACE 3")),
            asked("first", job_id("Zhao", 1), when=once("Zhao", JobState.QUEUED)),
        ),
        endings={"Li": (TRAINED,), "Wu": (TRAINED,), "Zhao": (TRAINED,)},
        behaviour={"training_seconds": 240.0},
    ),
    Scenario(
        name="a queue that is paused, and goes on",
        steps=(
            asked("pause", reason="the photos are looked through"),
            then_upload("Li", "1.jpg", FACE, when=lambda cloud: cloud.slot().paused is not None),
            MARKED,
            asked("resume", when=after_minutes(5, once("Li", JobState.QUEUED))),
        ),
    ),
    Scenario(
        name="a set that an administrator has trained at once",
        steps=(PHOTO, asked("train", "Li", when=once("Li", JobState.COLLECTING))),
        rules=Rules(quiet_ms=120 * MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS),
    ),
    Scenario(
        name="a verdict that an administrator overrules",
        steps=(
            upload("Li", "1.jpg", VIEW),
            asked("photo_use", "Li", photo="1.jpg", when=once("Li", JobState.REJECTED)),
        ),
        # DashScope fails the training for the same reason, and says that it costs nothing.
        endings={"Li": (Ending(JobState.FAILED, failed=1, reason="InvalidFile.NoHuman"),)},
    ),
    Scenario(
        name="a photo that an administrator deletes from an open set",
        steps=(
            *(PHOTO, upload("Li", "2.jpg", OTHER_FACE)),
            asked("photo_delete", "Li", photo="2.jpg", when=once("Li", JobState.COLLECTING)),
        ),
        rules=Rules(quiet_ms=3 * MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS),
        trained_on={"Li": frozenset({FACE})},
    ),
    Scenario(
        name="a model that an administrator gives up",
        steps=(PHOTO, MARKED, asked("release", job_id("Li", 1), when=once("Li", JobState.SUCCEEDED))),
    ),
    Scenario(
        name="a fine-tune that never ends",
        endings={"Li": (Ending(JobState.FAILED, paid=1, reason="training_overdue"),)},
        behaviour={"training_seconds": 1e6},
        rules=Rules(quiet_ms=MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS, training_deadline_ms=3 * MINUTE_MS),
    ),
)
