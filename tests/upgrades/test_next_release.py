"""What a next release writes is kept by this version, and what this version cannot read is left alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from shared.domain.object_keys import person_key
from shared.domain.requests import request_id
from tests.upgrades.cloud import BUCKET, Cloud, Instance
from tests.upgrades.next_release import Kept
from tests.upgrades.stories import STAGES, Story, finish, photo, play

OF_A_SET = {"newer_mood", "newer_sharpness"}
MARKED = {"queued": OF_A_SET | {"newer_owner", "newer_pace", "newer_weather"}}
"""Where the next release writes the rows first that all functions share."""


@pytest.mark.parametrize("stage", STAGES)
def test_this_version_loses_nothing_of_what_the_next_release_has_added(
    cloud: Cloud, this: Instance, following: Instance, stage: str
) -> None:
    kept = Kept(cloud)
    play(Story(cloud, (this, following), look=kept.look), stage, following, this, following)
    assert kept.kinds >= MARKED.get(stage, OF_A_SET)


def test_this_version_loses_nothing_of_requests_and_share_links(
    cloud: Cloud, this: Instance, following: Instance
) -> None:
    kept = Kept(cloud)
    story = Story(cloud, (this, following), look=kept.look)
    story.by(following)
    story.send("li", 1, 2)
    links = [story.post("/people/li/links") for _ in range(2)]
    story.tick()
    story.post(f"/people/li/links/{links[0]['link_id']}/revoke")
    story.by(this)
    story.tick()
    story.post(f"/people/li/links/{links[1]['link_id']}/revoke")
    story.tick()
    assert kept.kinds >= {"newer_urgency", "newer_label"}


# -- what only newer code can read -----------------------------------------------------------------------


def odd(row: Mapping[str, Any], number: int, **columns: Any) -> dict[str, Any]:
    """A row like ``row`` of a person of its own, as newer code has written it."""
    person = f"odd {number}"
    key = {"person_key": person_key(person), "person_id": person, "search_name": person}
    return {**row, **key, "due_at": 1, "write_token": "newer", **columns}


def with_verdict(row: Mapping[str, Any], verdict: str) -> str:
    photos = json.loads(row["photos"])
    return json.dumps([{**one, "verdict": verdict} for one in photos])


@pytest.fixture
def story(cloud: Cloud, this: Instance) -> Story:
    begun = Story(cloud, (this,))
    begun.by(this)
    return begun


def test_rows_that_only_newer_code_can_read_are_left_alone_shown_and_stop_nobody(story: Story) -> None:
    story.send("li", 1, 2)
    row = story.row("li")
    rows = [odd(row, lane, format=2, lane=lane) for lane in range(1, 13)]
    rows += [odd(row, 20, state="DREAMING"), odd(row, 21, photos=with_verdict(row, "too_good"))]
    rows += [odd(row, 22, retry="[5]"), odd(row, 23, state="DREAMING", lane=1)]
    for one in rows:
        story.cloud.put_row("jobs", one)
    finish(story, unreadable=[one["person_id"] for one in rows])
    assert all(one in story.cloud.rows("jobs") for one in rows)


def test_an_upload_of_a_person_whose_row_only_newer_code_can_read_waits_for_that(
    story: Story, following: Instance
) -> None:
    story.send("li", 1, 2)
    row = {**story.row("li"), "format": 2}
    story.cloud.put_row("jobs", row)
    event = story.cloud.upload("li", "3.jpg", photo(3))
    (this,) = story.watchers
    story.cloud.take(this, event)
    story.send("wu", 4)
    story.until("wu", "SUCCEEDED")
    assert row in story.cloud.rows("jobs")
    story.cloud.put_row("jobs", {**row, "format": 1})
    story.by(following)
    story.trainings |= {"li": 1, "wu": 1}
    finish(story)
    assert [one["name"] for one in json.loads(str(story.row("li")["photos"]))] == ["1.jpg", "2.jpg", "3.jpg"]


def test_a_request_that_only_newer_code_can_carry_out_waits_for_that_and_stops_no_other(story: Story) -> None:
    story.send("li", 1, 2)
    now = int(1000 * story.cloud.clock.now())
    asked = {"kind": "train", "subject": "li", "asked_at": now, "asked_by": "admin", "version": 1}
    torn = {**asked, "name": f"request/{request_id(now, 'torn')}", "format": 2, "write_token": "newer"}
    strange = {**asked, "name": f"request/{request_id(now, 'strange')}", "kind": "portray", "format": 1}
    for one in (torn, strange):
        story.cloud.put_row("requests", one)
    story.post("/people/li/train")
    story.tick(2)
    rows = story.cloud.rows("requests")
    assert torn in rows
    assert strange in rows
    (outcome,) = [row["outcome"] for row in rows if row.get("outcome")]
    assert (outcome, story.cloud.rings()) == ("closing", True)


def test_an_outcome_that_only_newer_code_has_words_for_is_shown_as_it_is(story: Story) -> None:
    story.send("li", 1)
    asked = story.post("/people/li/train")
    story.tick()
    (row,) = [row for row in story.cloud.rows("requests") if row["name"].startswith("request/")]
    story.cloud.put_row("requests", {**row, "outcome": "postponed: till the moon is full"})
    shown = story.cloud.ask(story.watchers[0], "GET", f"/requests/{asked['request_id']}")
    assert shown["outcome"] == {"code": "postponed", "message": "postponed: till the moon is full"}


@pytest.mark.parametrize("name", ["sweep", "lingering", "health", "photo_access", "totals"])
def test_a_shared_row_that_only_newer_code_can_read_is_left_alone_and_stops_nobody(
    story: Story, name: str
) -> None:
    row = {"name": name, "value": json.dumps({"format": 2}), "version": 7, "write_token": "newer"}
    story.cloud.put_row("control", row)
    story.send("li", 1, 2)
    finish(story)
    assert row in story.cloud.rows("control")


def test_a_slot_that_only_newer_code_can_read_stops_all_submits(story: Story) -> None:
    row = {"name": "slot", "value": json.dumps({"format": 2}), "version": 7, "write_token": "newer"}
    story.cloud.put_row("control", row)
    story.send("li", 1, 2)
    for _ in range(4):
        with pytest.raises(AssertionError, match="the row slot cannot be read"):
            story.tick()
    assert (row in story.cloud.rows("control"), story.cloud.ledger()) == (True, [])


def test_nothing_is_paid_for_on_a_guess_when_only_newer_code_can_read_a_result(story: Story) -> None:
    result = json.dumps({"format": 2, "state": "SUCCEEDED"}).encode()
    story.cloud.emulators.objects.put(BUCKET, "results/li/1.json", result)
    story.send("li", 1, 2)
    story.tick(10)
    assert story.cloud.ledger() == []
    shown = story.cloud.ask(story.watchers[0], "GET", "/people/li")
    assert shown["blocked_by"]["code"] == "result_of_newer_code"
    story.cloud.emulators.objects.delete(BUCKET, "results/li/1.json")
    finish(story)
