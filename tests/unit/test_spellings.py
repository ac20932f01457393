"""One person, however the folder's name is spelled: one row, one set and one training."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from shared.domain.decide import Look
from shared.domain.job import Job
from shared.domain.met_folders import MAX_FOLDERS, having_met
from shared.domain.object_keys import Kind, Upload, person_key, upload_name
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import Photo, Stored, Verdict
from shared.domain.reason import OTHER_SPELLING
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from shared.errors import Conflict, RetryLater
from shared.events import ObjectEvent
from shared.views import job_as_json
from shared.workflow.actions import carry_out
from shared.workflow.closing import look_through
from shared.workflow.collecting import collect
from shared.workflow.recording import record_photo
from shared.workflow.restoring import restore
from shared.workflow.snapshots import FRESH_MS, with_snapshots
from shared.workflow.sweep import sweep
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, job_in, photo, photo_set

S = JobState
NFC, NFD = (unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD"))
LONG_AGO = NOW - 10 * MINUTE_MS
QUIET = NOW + RULES.quiet_ms
# Two letters that are composed each for itself: a name of four spellings.
TWICE, MIXED, MIXED_TOO = "\u00eb\u00eb", "e\u0308\u00eb", "\u00ebe\u0308"


def put(memory: Memory, folder: str, name: str, *, at: int = NOW - 1000, kind: Kind = Kind.PHOTO) -> Upload:
    """Put an object into a person's folder, with an ETag of its own."""
    person_id = unicodedata.normalize("NFC", folder)
    return memory.upload(upload_name(folder, name), at=at, person_id=person_id, kind=kind)


def known(folder: str, name: str, **changes: object) -> Photo:
    """The record of what :func:`put` has put."""
    return replace(photo(upload_name(folder, name)), **changes)  # type: ignore[arg-type]  # checked by replace


def event(memory: Memory, upload: Upload) -> ObjectEvent:
    return ObjectEvent(key=upload.key, bucket=memory.name, name="ObjectCreated:PutObject")


def look_at(memory: Memory, upload: Upload) -> None:
    """Handle the event of an upload that completes its set."""
    collect(memory.world(Rules(close_at=1, settle_ms=0)), [event(memory, upload)])


def newest(memory: Memory, person_id: str = NFC) -> Job:
    job = memory.latest(person_id)
    assert job is not None
    return job


# -- recording ------------------------------------------------------------------------------------


def test_photos_of_both_spellings_are_of_one_set_and_each_is_read_under_its_own_key() -> None:
    memory = Memory()
    uploads = [put(memory, NFC, "1.jpg"), put(memory, NFD, "1.jpg"), put(memory, NFD, "2.jpg")]
    for upload in uploads:
        collect(memory.world(), [event(memory, upload)])
    (job,) = memory.rows.values()
    assert (job.person_id, job.folders) == (NFC, (NFD,))
    assert [(one.name, one.verdict) for one in job.photo_set.photos] == [
        ("1.jpg", Verdict.USABLE),
        (f"/{NFD}/1.jpg", Verdict.USABLE),
        (f"/{NFD}/2.jpg", Verdict.USABLE),
    ]
    assert memory.prepared == [upload.key for upload in uploads]


@pytest.mark.parametrize("is_bucket_silent", [False, True])
def test_a_person_may_be_met_first_in_any_spelling(is_bucket_silent: bool) -> None:
    memory = Memory()
    if is_bucket_silent:
        memory.troubles["list_page results/"] = RetryLater("InternalError", "…", delay_seconds=1)
        memory.troubles[f"list_page results/{TWICE}/"] = memory.troubles["list_page results/"]
    upload = put(memory, MIXED, "1.jpg")
    collect(memory.world(), [event(memory, upload)])
    job = newest(memory, TWICE)
    assert (job.revision, job.folders, job.is_proved_new) == (1, (MIXED,), not is_bucket_silent)


def test_a_spelling_is_kept_in_the_save_that_records_its_first_photo() -> None:
    memory = Memory(collecting(photo(), person_id=NFC))
    saved: list[tuple[tuple[str, ...], int]] = []
    memory.before_save = lambda job: saved.append((job.folders, len(job.photo_set.photos)))
    record_photo(memory.world(), put(memory, NFD, "1.jpg"), newest(memory))
    assert saved == [((NFD,), 2)]


def test_the_next_revision_knows_the_spellings_of_the_one_before() -> None:
    done = replace(job_in(S.SUCCEEDED, person_id=NFC, delivered=True), folders=(NFD,))
    assert done.next_revision(RULES, NOW).folders == (NFD,)


def test_a_row_keeps_the_spellings_that_were_met_first_and_no_more_than_it_has_room_for() -> None:
    job = having_met(collecting(person_id="a"), "a", *"bcbd")
    assert job.folders == ("b", "c", "d")
    assert job is having_met(job, "a", "c")
    many = [str(number) for number in range(20)]
    assert having_met(job, *many).folders == ("b", "c", "d", *many)[:MAX_FOLDERS]


def test_a_name_of_one_spelling_costs_no_more_calls_than_before() -> None:
    for person in ("li", "李雷", "Anna Maria"):
        memory = Memory()
        upload = memory.upload("1.jpg", person_id=person)
        look_at(memory, upload)
        listed = [call for call in memory.calls if call.startswith("list ") and "/" in call]
        assert listed == [f"list results/{person}/", f"list people/{person}/"]
        assert memory.calls.count("latest") == 1


# -- closing --------------------------------------------------------------------------------------


def test_the_closing_look_finds_what_lies_in_any_spelling_that_was_met() -> None:
    spellings = [TWICE, MIXED, unicodedata.normalize("NFD", TWICE), MIXED_TOO]
    first = known(TWICE, "1.jpg")
    memory = Memory(replace(collecting(first, person_id=TWICE), folders=(MIXED, MIXED_TOO)))
    for folder in spellings:
        put(memory, folder, "1.jpg")
    memory.time = QUIET
    look_through(memory.world(), TWICE, newest(memory, TWICE))
    photos = newest(memory, TWICE).photo_set.photos
    assert {one.name for one in photos} == {upload_name(folder, "1.jpg") for folder in spellings}


def test_a_photo_in_the_decomposed_folder_whose_event_was_lost_belongs_to_the_set() -> None:
    memory = Memory()
    put(memory, NFD, "lost.jpg")
    upload = put(memory, NFC, "1.jpg")
    look_at(memory, upload)
    (job,) = memory.rows.values()
    assert len(job.photo_set.photos) == 2
    assert job.folders == (NFD,)


@pytest.mark.parametrize(("photos_in", "marker_in"), [(NFC, NFD), (NFD, NFC), (TWICE, MIXED)])
def test_a_marker_counts_in_whichever_folder_it_lies(photos_in: str, marker_in: str) -> None:
    memory = Memory()
    uploads = [put(memory, photos_in, "1.jpg", at=LONG_AGO)]
    uploads.append(put(memory, marker_in, RULES.ready_marker, at=LONG_AGO + 1000, kind=Kind.MARKER))
    memory.time = QUIET - 1
    for upload in uploads:
        collect(memory.world(), [event(memory, upload)])
    (job,) = memory.rows.values()
    assert (job.closed_by, len(job.files)) == ("marker", 1)


def test_the_newest_of_two_markers_counts() -> None:
    late = photo(uploaded_at=NOW - 5000)
    memory = Memory(collecting(late, person_id=NFC))
    put(memory, NFC, "a.jpg", at=NOW - 5000)
    put(memory, NFC, RULES.ready_marker, at=NOW - 9000, kind=Kind.MARKER)
    put(memory, NFD, RULES.ready_marker, at=NOW - 2000, kind=Kind.MARKER)
    look_through(memory.world(), NFC, newest(memory))
    assert newest(memory).photo_set.ready_at == NOW - 2000


def test_a_marker_names_photos_by_what_they_are_called_below_whichever_folder_they_lie_in() -> None:
    memory = Memory()
    uploads = [put(memory, NFC, "1.jpg"), put(memory, NFD, "2.jpg")]
    marker = put(memory, NFC, RULES.ready_marker, kind=Kind.MARKER)
    memory.contents[marker.key] = content = b'{"names": ["1.jpg", "2.jpg"]}'
    memory.objects[marker.key] = replace(memory.objects[marker.key], size=len(content))
    for upload in (marker, *uploads):
        collect(memory.world(), [event(memory, upload)])
    assert (newest(memory).closed_by, len(newest(memory).files)) == ("marker", 2)


def test_a_deleted_photo_is_forgotten_in_its_own_folder_alone() -> None:
    memory = Memory(
        replace(collecting(known(NFC, "1.jpg"), known(NFD, "1.jpg"), person_id=NFC), folders=(NFD,))
    )
    put(memory, NFD, "1.jpg")
    look_through(memory.world(), NFC, newest(memory))
    assert [one.name for one in newest(memory).photo_set.photos] == [f"/{NFD}/1.jpg"]


def test_no_photo_counts_as_deleted_in_a_folder_that_was_not_listed_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.workflow.folders.PAGE", 2)
    monkeypatch.setattr("shared.workflow.folders.MAX_PAGES", 2)
    photos = (known(NFC, "gone.jpg"), known(NFD, "gone.jpg"), known(MIXED, "gone.jpg"))
    memory = Memory(replace(collecting(*photos, person_id=NFC), folders=(NFD,)))
    for number in range(3):
        # Two pages; of the other folder one is left.
        put(memory, NFC, f"{number}.jpg")
        put(memory, NFD, f"{number}.jpg")
    look_through(memory.world(), NFC, newest(memory))
    names = {one.name for one in newest(memory).photo_set.photos if "gone" in one.name}
    assert names == {f"/{NFD}/gone.jpg", f"/{MIXED}/gone.jpg"}


def test_the_pages_of_a_look_are_bounded_however_many_folders_a_person_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.workflow.folders.PAGE", 1)
    folders = tuple(f"{NFD}{number}" for number in range(MAX_FOLDERS))
    memory = Memory(replace(collecting(photo(), person_id=NFC), folders=folders))
    for folder in (NFC, *folders):
        for number in range(20):
            put(memory, folder, f"{number:02}")
    look_through(memory.world(), NFC, newest(memory))
    listed = [call for call in memory.calls if call.startswith("list people/")]
    assert len(listed) == 10 + len(folders) + 1


def test_a_photo_of_another_spelling_is_judged_again_under_its_own_key() -> None:
    waits = known(NFD, "1.jpg", verdict=Verdict.UNPREPARED, snapshot="")
    memory = Memory(replace(collecting(waits, person_id=NFC), folders=(NFD,)))
    put(memory, NFD, "1.jpg")
    look_through(memory.world(), NFC, newest(memory))
    assert memory.prepared == [f"people/{NFD}/1.jpg"]


def test_a_lost_snapshot_is_made_again_from_the_upload_in_its_own_folder() -> None:
    queued = collecting(known(NFD, "1.jpg"), person_id=NFC).closed(ClosedBy.QUIET, NOW)
    memory = Memory(queued)
    memory.lost.add(queued.files[0])
    memory.time = NOW + FRESH_MS
    with_snapshots(memory.world(), newest(memory))
    assert memory.prepared == [f"people/{NFD}/1.jpg"]


# -- the sweep ------------------------------------------------------------------------------------


def swept(memory: Memory) -> int:
    world = memory.world()
    world.health.begin(memory.well_being)
    return sweep(world, replace(memory.progress, rests_until=0))


def test_the_sweep_finds_what_lies_in_every_spelling_also_beyond_those_that_a_row_keeps() -> None:
    accents = ["\u00eb", "e\u0308"]
    folders = ["".join((a, b, c, d)) for a in accents for b in accents for c in accents for d in accents]
    memory = Memory()
    for folder in folders:
        put(memory, folder, "1.jpg", at=LONG_AGO)
    for _ in range(3):
        swept(memory)
    (job,) = memory.rows.values()
    assert len(job.folders) == MAX_FOLDERS < len(folders)
    assert {one.name for one in job.photo_set.photos} == {upload_name(folder, "1.jpg") for folder in folders}
    assert memory.progress.stuck == ()


def test_a_stuck_folder_is_looked_up_again_whatever_the_persons_other_folder_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.workflow.sweep.PAGE", 1)
    composed, sign = "\u00c5sa", "\u212bsa"
    memory = Memory(collecting(photo("1.jpg"), person_id=composed))
    put(memory, composed, "1.jpg")
    put(memory, sign, "1.jpg", at=LONG_AGO)
    memory.objects[f"people/{composed}/1.jpg"] = replace(
        memory.objects[f"people/{composed}/1.jpg"], modified_at=LONG_AGO
    )
    memory.troubles[f"list_page people/{sign}/"] = RetryLater("InternalError", "…", delay_seconds=1)
    assert swept(memory) == 1
    assert memory.progress.stuck == (sign,)
    memory.troubles.clear()
    # The first page of the next round shows all of the composed folder, and nothing unrecorded in it.
    memory.progress = replace(memory.progress, recorded_before=NOW)
    assert swept(memory) == 1
    assert newest(memory, composed).photo_set.photo(f"/{sign}/1.jpg") is not None
    assert memory.progress.stuck == ()


def test_a_marker_that_lies_in_another_spelling_is_found_by_the_sweep() -> None:
    memory = Memory(collecting(photo(uploaded_at=LONG_AGO - 1), person_id=TWICE))
    put(memory, TWICE, "a.jpg", at=LONG_AGO - 1)
    put(memory, MIXED, RULES.ready_marker, at=LONG_AGO, kind=Kind.MARKER)
    assert swept(memory) == 1
    assert newest(memory, TWICE).closed_by == "marker"
    assert memory.progress != SweepProgress()


# -- what version 0.1.0 has recorded under another spelling -----------------------------------------


def of_earlier_version(job: Job) -> tuple[str, bytes]:
    """The key and the content of a result as that version has written it."""
    return f"results/{job.person_id}/{job.revision}.json", job_as_json(job).encode()


def with_results(memory: Memory, *jobs: Job) -> Memory:
    for job in jobs:
        key, text = of_earlier_version(job)
        memory.objects[key] = Stored(etag="R", size=len(text), modified_at=NOW)
        memory.contents[key] = text
    return memory


def trained(revision: int, *names: str, person_id: str = NFD) -> Job:
    done = job_in(S.SUCCEEDED, person_id=person_id, delivered=True, finetuned_output=f"model-{revision}")
    return replace(done, revision=revision, photo_set=photo_set(*map(photo, names)))


def test_whoever_was_trained_under_another_spelling_is_not_trained_anew() -> None:
    memory = with_results(Memory(), trained(1, "1.jpg"), trained(2, "2.jpg"))
    for number in (1, 2):
        name = f"{number}.jpg"
        upload = put(memory, NFD, name)
        # The content that version has recorded.
        memory.objects[upload.key] = replace(memory.objects[upload.key], etag=f"E-{name}")
        assert collect(memory.world(), [event(memory, upload)]) == {upload.key: "known"}
    job = newest(memory)
    assert (job.revision, job.finetuned_output, job.folders) == (2, "model-2", (NFD,))
    assert [one.name for one in job.photo_set.photos] == [f"/{NFD}/2.jpg"]
    assert memory.created == []


def test_of_the_results_of_both_spellings_the_newest_counts_and_the_persons_own_before_another() -> None:
    own, other = trained(2, "1.jpg", person_id=NFC), trained(2, "1.jpg")
    job = restore(with_results(Memory(), own, replace(other, finetuned_output="other")).world(), NFC)
    assert job is not None
    assert job.finetuned_output == "model-2"
    job = restore(with_results(Memory(), own, replace(other, revision=7)).world(), NFC)
    assert job is not None
    assert (job.revision, job.photo_set.photos[0].name) == (7, f"/{NFD}/1.jpg")


def test_a_result_of_this_version_brings_its_photos_back_with_the_names_that_they_have() -> None:
    done = replace(trained(1, person_id=NFC), photo_set=photo_set(known(NFD, "1.jpg"), known(NFC, "1.jpg")))
    job = restore(with_results(Memory(), done).world(), NFC)
    assert job is not None
    assert [one.name for one in job.photo_set.photos] == [f"/{NFD}/1.jpg", "1.jpg"]
    assert job.folders == (NFD,)


def test_what_was_trained_under_a_spelling_is_known_when_the_person_meets_it_first() -> None:
    memory = with_results(Memory(trained(1, "own.jpg", person_id=NFC)), trained(3, "1.jpg"))
    old = put(memory, NFD, "1.jpg")
    memory.objects[old.key] = replace(memory.objects[old.key], etag="E-1.jpg")
    assert collect(memory.world(), [event(memory, old)]) == {old.key: "known"}
    assert (newest(memory).revision, newest(memory).folders) == (1, (NFD,))
    assert memory.seen[person_key(NFC), f"/{NFD}/1.jpg"] == "E-1.jpg"
    new = put(memory, NFD, "2.jpg")
    assert collect(memory.world(), [event(memory, new)]) == {new.key: "usable"}
    assert newest(memory).revision == 2


@pytest.mark.parametrize("state", [S.QUEUED, S.SUBMITTING, S.TRAINING, S.SUCCEEDED])
def test_nothing_is_paid_for_while_a_training_under_another_spelling_is_in_hand(state: JobState) -> None:
    memory = Memory(job_in(state, person_id=NFD))
    upload = put(memory, NFD, "1.jpg", at=LONG_AGO)
    assert collect(memory.world(), [event(memory, upload)]) == {upload.key: "usable"}
    assert not newest(memory).is_proved_new
    memory.time = QUIET
    with pytest.raises(RetryLater, match="other_spelling_trains"):
        look_through(memory.world(), NFC, newest(memory))
    assert newest(memory).state is S.COLLECTING
    # Its end is what the person's set gives way to.
    memory.rows.pop(memory.latest(NFD).job_id)  # type: ignore[union-attr]  # it is there
    with pytest.raises(Conflict):
        look_through(with_results(memory, trained(1, "1.jpg")).world(), NFC, newest(memory))
    assert (newest(memory).revision, newest(memory).finetuned_output) == (2, "model-1")


def test_a_training_under_a_spelling_that_the_row_has_not_met_is_waited_for() -> None:
    memory = Memory(collecting(photo(), person_id=NFC), job_in(S.TRAINING, person_id=NFD))
    upload = put(memory, NFD, "1.jpg")
    with pytest.raises(RetryLater, match="other_spelling_trains"):
        collect(memory.world(), [event(memory, upload)])
    memory.rows[f"{person_key(NFD)}-1"] = trained(1, "other.jpg")
    assert collect(with_results(memory, trained(1, "other.jpg")).world(), [event(memory, upload)]) == {
        upload.key: "usable"
    }


def test_a_row_under_another_spelling_whose_result_is_gone_holds_nobody() -> None:
    memory = Memory(trained(1, "1.jpg"))
    upload = put(memory, NFD, "2.jpg")
    assert collect(memory.world(), [event(memory, upload)]) == {upload.key: "usable"}
    assert newest(memory).is_proved_new


@pytest.mark.parametrize("state", [S.REJECTED, S.COLLECTING])
def test_a_set_under_another_spelling_that_was_never_closed_keeps_nobody_waiting(state: JobState) -> None:
    memory = Memory(job_in(state, person_id=NFD))
    upload = put(memory, NFD, "1.jpg")
    collect(memory.world(), [event(memory, upload)])
    assert newest(memory).is_proved_new


def test_an_open_set_under_another_spelling_leaves_its_photos_to_the_person() -> None:
    memory = Memory(collecting(photo("1.jpg"), person_id=NFD))
    put(memory, NFD, "1.jpg")
    (old,) = memory.rows.values()
    order: list[str] = []
    memory.before_save = lambda job: order.append(job.person_id)
    assert carry_out(memory.world(), Look(old))
    # Never the other way round: a run may die in between.
    assert order == [NFC, NFD]
    assert (memory[old].state, memory[old].reason) == (S.REJECTED, OTHER_SPELLING)
    assert [one.name for one in newest(memory).photo_set.photos] == [f"/{NFD}/1.jpg"]
    assert newest(memory).state is S.COLLECTING
