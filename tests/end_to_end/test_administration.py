"""An administrator with curl: the queue is paused, a job is cancelled, tried again and put first."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from .support import LocalStudio, eventually, photo, scenery


def ask(studio: LocalStudio, path: str, *, method: str = "POST", **options: Any) -> dict[str, Any]:
    """Ask for something, wait until a run has answered, and return the request with its outcome."""
    answer = studio.get(path, token=studio.endpoints["ADMIN_TOKEN"], method=method, **options)
    assert answer.status_code == 202, answer.text
    href = answer.headers["Location"]

    def settled() -> dict[str, Any] | None:
        request: dict[str, Any] = studio.get(href).json()
        return request if request["status"] == "done" else None

    return eventually(settled)


def outcome(request: dict[str, Any]) -> str:
    return str(request["outcome"]["code"])


def assert_on_record(studio: LocalStudio, person: str, wanted: list[str]) -> None:
    """The audit has what was asked for about a person, and names nobody."""

    def recorded() -> list[dict[str, Any]] | None:
        answer = studio.get("/audit", token=studio.endpoints["ADMIN_TOKEN"], params={"person": person})
        assert answer.status_code == 200, answer.text
        assert person not in answer.text
        records: list[dict[str, Any]] = answer.json()["records"]
        actions = [record["action"] for record in records]
        return records if set(wanted) <= set(actions) else None

    assert {record["by"] for record in eventually(recorded)} == {"admin"}
    assert studio.get("/audit").status_code == 403


def test_a_paused_queue_a_cancelled_job_and_a_retry(studio: LocalStudio) -> None:
    paused = ask(studio, "/queue/pause", json={"because": "the house is moved"})
    assert outcome(paused) == "paused"
    try:
        studio.upload_portraits("asked for", 1900)
        studio.mark_ready("asked for")
        waiting = studio.wait_for("asked for", "QUEUED")
        assert waiting["blocked_by"]["code"] == "queue_paused"
        assert waiting["blocked_by"]["detail"] == "the house is moved"
        job_id = waiting["current"]["job_id"]
        line = studio.get("/queue").json()
        assert line["queue"]["paused"]["because"] == "the house is moved"
        assert "asked for" in {one["person_id"] for one in line["queue"]["jobs"]}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        canceled = ask(studio, f"/jobs/{job_id}/cancel", headers=key)
        assert outcome(canceled) == "canceled"
        again = ask(studio, f"/jobs/{job_id}/cancel", headers=key)
        assert again["request_id"] == canceled["request_id"], "the same key is the same request"
        ended = studio.wait_for("asked for", "CANCELED")
        assert ended["current"]["reason"]["code"] == "canceled_before_submit"
        assert ended["current"]["cost_cny"] == 0
        assert outcome(ask(studio, f"/jobs/{job_id}/retry")) == "retried"
        studio.wait_for("asked for", "QUEUED", revision=2)
        second = studio.document("asked for")["current"]["job_id"]
        assert outcome(ask(studio, f"/jobs/{second}/first")) in ("moved_first", "first_already")
    finally:
        assert outcome(ask(studio, "/queue/resume")) == "resumed"
    assert_on_record(studio, "asked for", ["retry", "cancel"])
    trained = studio.wait_until_trained("asked for", revision=2)
    states = [move["state"] for move in trained["current"]["timeline"]]
    assert states == ["COLLECTING", "QUEUED", "SUBMITTING", "TRAINING", "SUCCEEDED"]
    told = studio.get("/events", params={"person": "asked for"}).json()
    assert {event["state"] for event in told["events"]} >= {"CANCELED", "SUCCEEDED", "QUEUED"}
    late = studio.get(f"/jobs/{second}/cancel", token=studio.endpoints["ADMIN_TOKEN"], method="POST")
    assert (late.status_code, late.json()["code"]) == (409, "ended_already")


def verdicts(studio: LocalStudio, person: str) -> dict[str, str]:
    document = studio.person(person)
    photos = document["current"]["photos"] if document else []
    return {one["name"]: one["verdict"] for one in photos}


def test_a_verdict_is_overruled_and_a_photo_deleted(studio: LocalStudio) -> None:
    person = "asked 二"
    # It waits for nine photos, and so for the administrator.
    studio.upload(person, "_READY", b'{"photos": 9}')
    studio.upload(person, "view 1.jpg", scenery(1901))
    folder = f"/people/{quote(person)}"
    studio.upload(person, "2.jpg", photo(1902))
    eventually(lambda: verdicts(studio, person) == {"view 1.jpg": "no_face", "2.jpg": "usable"})
    assert outcome(ask(studio, f"{folder}/photos/{quote('view 1.jpg')}/use")) == "photo_used"
    eventually(
        lambda: (
            {one["name"]: one["overruled"] for one in studio.document(person)["current"]["photos"]}
            == {"view 1.jpg": "no_face", "2.jpg": None}
        )
    )
    assert outcome(ask(studio, f"{folder}/photos/{quote('view 1.jpg')}", method="DELETE")) == "photo_deleted"
    assert not studio.bucket.object_exists(f"people/{person}/view 1.jpg")
    assert outcome(ask(studio, f"{folder}/train")) == "closing"
    trained = studio.wait_until_trained(person)
    assert [one["name"] for one in trained["current"]["photos"]] == ["2.jpg"]
    assert trained["current"]["closed_by"] == "administrator"
    found = studio.get("/people", params={"query": "ASKED"}).json()["people"]
    assert {one["person_id"] for one in found} >= {person}
    models = studio.get("/models", params={"limit": "100"}).json()["models"]
    assert trained["current"]["job_id"] in {model["job_id"] for model in models}
