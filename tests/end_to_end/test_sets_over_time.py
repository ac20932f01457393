"""What comes late, twice, out of order or one too many: nothing is lost and nothing is paid twice."""

from __future__ import annotations

import json
import random
from functools import partial
from typing import Any

import pytest

from aliyun_local.clock import utc

from .support import COLLECT, LocalStudio, eventually, photo, scenery, snapshots_of


def the_event(studio: LocalStudio, *keys: str) -> dict[str, Any]:
    return {
        "events": [
            {
                "eventName": "ObjectCreated:PutObject",
                "oss": {"bucket": {"name": studio.endpoints["OSS_BUCKET"]}, "object": {"key": key}},
            }
            for key in keys
        ]
    }


def send(studio: LocalStudio, event: dict[str, Any]) -> None:
    """Hand an event to ``collect`` as OSS does: accepted now, carried out and repeated by the platform."""
    answer = studio.invoke(COLLECT, json.dumps(event).encode(), invocation_type="Async")
    assert answer.status_code == 202


def all_fine_tunes_of(studio: LocalStudio, person: str) -> int:
    document = studio.person(person)
    assert document is not None
    return sum(len(studio.fine_tunes_of(job["job_id"])) for job in document["revisions"])


def test_photos_that_come_after_the_training_are_the_second_revision(studio: LocalStudio) -> None:
    studio.upload_portraits("late", 101, 102)
    studio.mark_ready("late")
    first = studio.wait_until_trained("late")
    studio.upload_portraits("late", 103, 104)
    second = studio.wait_until_trained("late", revision=2)
    assert [job["revision"] for job in second["revisions"]] == [2, 1]
    assert {entry["name"]: entry["from_revision"] for entry in second["current"]["photos"]} == {
        "101.jpg": 1,
        "102.jpg": 1,
        "103.jpg": None,
        "104.jpg": None,
    }
    assert second["finetuned_output"] == second["current"]["finetuned_output"]
    assert second["finetuned_output"] != first["finetuned_output"]
    for revision in (1, 2):
        job = next(job for job in second["revisions"] if job["revision"] == revision)
        assert len(studio.fine_tunes_of(job["job_id"])) == 1
        assert studio.result("late", revision)["finetuned_output"] == job["finetuned_output"]


def test_photos_that_come_during_the_training_are_the_second_revision(studio: LocalStudio) -> None:
    studio.cloud.studio.behaviour.training_seconds = 2.0
    try:
        studio.upload_portraits("impatient", 111)
        studio.mark_ready("impatient")
        first = studio.wait_for("impatient", "TRAINING")
        # An end that is less than a minute away, or has passed, is null.
        assert (first["eta"]["earliest"] or "") <= (first["eta"]["latest"] or "z")
    finally:
        studio.cloud.studio.behaviour.training_seconds = 0.3
    studio.upload_portraits("impatient", 112)
    document = studio.wait_until_trained("impatient", revision=2)
    assert [job["state"] for job in document["revisions"]] == ["SUCCEEDED", "SUCCEEDED"]
    assert all_fine_tunes_of(studio, "impatient") == 2


def test_the_eleventh_photo_of_one_upload_has_a_verdict_and_is_not_paid_for(studio: LocalStudio) -> None:
    studio.upload_portraits("eleven", *range(121, 132))
    studio.wait_until_trained("eleven")
    eventually(lambda: len((studio.person("eleven") or {})["current"]["photos"]) == 11)
    document = studio.person("eleven")
    assert document is not None
    verdicts = [entry["verdict"] for entry in document["current"]["photos"]]
    # Some drawn portraits of a person are nearly the same.
    assert set(verdicts) <= {"usable", "similar", "over_limit"}
    assert 1 <= verdicts.count("usable") <= 10
    assert all_fine_tunes_of(studio, "eleven") == 1


def test_another_photo_after_a_full_set_was_trained_opens_the_second_revision(studio: LocalStudio) -> None:
    studio.upload_portraits("full", *range(141, 151))
    first = studio.wait_until_trained("full")
    # The bucket tells the time of an upload in whole seconds.
    eventually(lambda: _now(studio) > first["current"]["closed_at"][:19])
    studio.upload_portraits("full", 151)
    document = studio.wait_until_trained("full", revision=2)
    used = [entry for entry in document["current"]["photos"] if entry["verdict"] == "usable"]
    assert 1 <= len(used) <= 10
    assert [entry["name"] for entry in used if entry["from_revision"] is None] == ["151.jpg"]
    assert all_fine_tunes_of(studio, "full") == 2


def _now(studio: LocalStudio) -> str:
    return f"{utc(studio.cloud.clock.now()):%Y-%m-%dT%H:%M:%S}"


def test_a_rejected_person_reopens_with_a_good_photo(studio: LocalStudio) -> None:
    studio.upload("second chance", "hills.jpg", scenery(5))
    rejected = studio.wait_for("second chance", "REJECTED")
    assert "No face was found" in rejected["current"]["reason"]["message"]
    assert rejected["eta"] is None
    studio.upload_portraits("second chance", 161)
    document = studio.wait_until_trained("second chance")
    assert len(document["revisions"]) == 1
    assert document["current"]["reason"] is None
    assert {entry["verdict"] for entry in document["current"]["photos"]} == {"no_face", "usable"}
    assert all_fine_tunes_of(studio, "second chance") == 1


def test_a_person_rejected_at_the_marker_is_trained_with_the_photo_that_was_missing(
    studio: LocalStudio,
) -> None:
    studio.upload("marked too soon", "hills.jpg", scenery(6))
    studio.mark_ready("marked too soon")
    studio.wait_for("marked too soon", "REJECTED")
    studio.upload_portraits("marked too soon", 165)
    studio.mark_ready("marked too soon")
    studio.wait_until_trained("marked too soon")
    assert all_fine_tunes_of(studio, "marked too soon") == 1


def test_a_photo_that_was_replaced_before_the_set_closed_counts_as_it_is_now(studio: LocalStudio) -> None:
    studio.upload("corrected", "1.jpg", scenery(7))
    studio.upload("corrected", "1.jpg", photo(171))
    studio.mark_ready("corrected")
    document = studio.wait_until_trained("corrected")
    (entry,) = document["current"]["photos"]
    assert (entry["verdict"], entry["size"]) == ("usable", len(photo(171)))
    assert all_fine_tunes_of(studio, "corrected") == 1


def test_what_was_trained_is_kept_as_it_was_when_the_upload_is_overwritten(studio: LocalStudio) -> None:
    studio.upload_portraits("overwritten", 175)
    studio.mark_ready("overwritten")
    trained = studio.wait_until_trained("overwritten")["current"]
    (made,) = [entry for entry in studio.ledger() if entry["job_id"] == trained["fine_tune_id"]]
    (key,) = snapshots_of(made)
    before = studio.bucket.get_object(key).read()
    studio.upload("overwritten", "175.jpg", photo(176))
    studio.wait_until_trained("overwritten", revision=2)
    assert studio.bucket.get_object(key).read() == before
    assert studio.document("overwritten")["revisions"][1]["finetuned_output"] == trained["finetuned_output"]


def test_the_same_upload_again_after_the_training_opens_nothing(studio: LocalStudio) -> None:
    studio.upload_portraits("repeated", 181, 182)
    studio.mark_ready("repeated")
    studio.wait_until_trained("repeated")
    with studio.handling(3):
        studio.upload_portraits("repeated", 181, 182)
        studio.mark_ready("repeated")
    studio.let_ticks_pass(4)
    document = studio.wait_until_trained("repeated")
    assert len(document["revisions"]) == 1
    assert all_fine_tunes_of(studio, "repeated") == 1


def test_the_same_event_five_times_leads_to_one_fine_tune(studio: LocalStudio) -> None:
    studio.upload_portraits("echo", 191)
    again = the_event(studio, "people/echo/191.jpg")
    for _ in range(2):
        send(studio, again)
    studio.mark_ready("echo")
    marker = the_event(studio, "people/echo/_READY")
    for _ in range(3):
        send(studio, marker)
        send(studio, again)
    studio.wait_until_trained("echo")
    with studio.handling(3):
        for event in (again, marker, again):
            send(studio, event)
    studio.let_ticks_pass(3)
    assert len(studio.wait_until_trained("echo")["revisions"]) == 1
    assert all_fine_tunes_of(studio, "echo") == 1


@pytest.mark.parametrize("seed", range(2))
def test_events_in_any_order_and_number_lead_to_one_fine_tune(studio: LocalStudio, seed: int) -> None:
    person = f"shuffled {seed}"
    names = [f"{200 + 10 * seed + number}.jpg" for number in range(3)]
    keys = [f"people/{person}/{name}" for name in (*names, "_READY")] * 2
    random.Random(seed).shuffle(keys)
    for number in range(3):
        studio.upload_portraits(person, 200 + 10 * seed + number)
    studio.mark_ready(person)
    for key in keys:
        send(studio, the_event(studio, key))
    document = studio.wait_until_trained(person)
    with studio.handling(1):
        send(studio, the_event(studio, *keys))
    studio.let_ticks_pass(3)
    document = studio.wait_until_trained(person)
    assert document["current"]["usable_count"] == 3
    assert all_fine_tunes_of(studio, person) == 1


def test_everybody_waits_in_the_order_in_which_the_sets_closed(studio: LocalStudio) -> None:
    studio.cloud.studio.behaviour.training_seconds = 2.0
    people = [f"in line {number}" for number in range(4)]

    def waits_or_is_trained(person: str) -> bool:
        return studio.state(person) in ("QUEUED", "TRAINING")

    try:
        for number, person in enumerate(people):
            studio.upload_portraits(person, 230 + number)
            studio.mark_ready(person)
            eventually(partial(waits_or_is_trained, person))

        def last_waits() -> dict[str, Any] | None:
            last = studio.person(people[-1])
            return last if last and last["queue"] and last["queue"]["running"] == 1 else None

        last = eventually(last_waits)
        assert last["queue"]["position"] in (1, 2, 3)
        assert last["queue"]["places"] == 1
        assert (last["eta"]["earliest"] or "") < last["eta"]["latest"]
    finally:
        studio.cloud.studio.behaviour.training_seconds = 0.3
    submitted = [studio.wait_until_trained(person)["current"]["submitted_at"] for person in people]
    assert submitted == sorted(submitted)


def test_photos_that_come_while_a_set_is_queued_join_it_and_it_keeps_its_place(studio: LocalStudio) -> None:
    # It ends when this test says so, however slow the machine is.
    studio.cloud.studio.behaviour.training_seconds = 600.0
    people = ["ahead of it", "joined", "behind it"]
    for number, person in enumerate(people):
        studio.upload_portraits(person, 240 + number)
        studio.mark_ready(person)
        studio.wait_for(person, "QUEUED" if number else "TRAINING")
    studio.upload_portraits("joined", 245)
    eventually(lambda: studio.document("joined")["current"]["photo_count"] == 2)
    studio.mark_ready("joined")
    studio.wait_for("joined", "QUEUED")
    studio.cloud.studio.behaviour.training_seconds = 0.3
    ahead = studio.document("ahead of it")["current"]["fine_tune_id"]
    studio.cloud.studio.set_training_seconds(ahead, 0.3)
    jobs = {person: studio.wait_until_trained(person)["current"] for person in people}
    assert (jobs["joined"]["revision"], jobs["joined"]["usable_count"]) == (1, 2)
    assert all_fine_tunes_of(studio, "joined") == 1
    assert sorted(people, key=lambda one: jobs[one]["submitted_at"]) == people
