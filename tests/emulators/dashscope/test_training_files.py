"""The photos of a fine-tune over HTTP: the time of their download, and their fitness for training."""

from __future__ import annotations

from typing import Literal

import pytest
import requests

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.serving.wire import Fault, Front
from tests.emulators.dashscope.support import PHOTO_URL, Client, Web


def test_ten_training_files_are_taken(client: Client) -> None:
    assert len(client.job(client.created(*[PHOTO_URL] * 10))["training_file_ids"]) == 10


def test_a_lost_reply_leaves_a_fine_tune_that_the_list_shows(
    client: Client, front: Front, studio: ModelStudio
) -> None:
    front.inject(Fault(operation="CreateFineTune", drop=True, after_effect=True))
    with pytest.raises(requests.ConnectionError):
        client.create(PHOTO_URL)
    (job,) = client.call("GET", "/fine-tunes").json()["output"]["jobs"]
    assert job["training_file_ids"] == [PHOTO_URL]
    assert [entry.job_id for entry in studio.ledger()] == [job["job_id"]]


def test_a_url_must_be_reachable_at_submit_and_again_at_start(
    client: Client, clock: ManualClock, web: Web
) -> None:
    job_id = client.created(PHOTO_URL)
    assert web.fetched == [PHOTO_URL]
    web.expire(PHOTO_URL)
    clock.advance(2)
    assert client.status(job_id) == "RUNNING"
    clock.advance(5)
    job = client.job(job_id)
    assert web.fetched == [PHOTO_URL, PHOTO_URL]
    assert (job["status"], job["code"], job["message"]) == (
        "FAILED",
        "InvalidParameter.DataInspection",
        "Don't have authorization to access the media resource during the data inspection process.",
    )


@pytest.mark.parametrize(("fetch", "downloads"), [("submit", [1, 1]), ("start", [0, 1]), ("both", [1, 2])])
def test_when_urls_are_downloaded_is_a_switch(
    client: Client,
    clock: ManualClock,
    web: Web,
    behaviour: Behaviour,
    fetch: Literal["submit", "start", "both"],
    downloads: list[int],
) -> None:
    behaviour.fetch = fetch
    job_id = client.created("https://photos/scenery.jpg")
    counts = [len(web.fetched)]
    clock.advance(7)
    job = client.job(job_id)
    counts.append(len(web.fetched))
    assert counts == downloads
    assert (job["status"], job["code"]) == ("FAILED", "InvalidFile.NoHuman")


def test_with_downloads_at_start_only_a_dead_url_is_found_out_late(
    client: Client, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.fetch = "start"
    job_id = client.created("https://photos/none.jpg")
    clock.advance(7)
    assert client.job(job_id)["code"] == "InvalidParameter.DataInspection"


def test_one_usable_photo_is_enough(client: Client, clock: ManualClock) -> None:
    job_id = client.created("https://photos/scenery.jpg", "https://photos/pair.jpg", PHOTO_URL)
    clock.advance(302)
    assert client.status(job_id) == "SUCCEEDED"


def test_two_people_in_the_only_photo_fail_the_training(client: Client, clock: ManualClock) -> None:
    job_id = client.created("https://photos/pair.jpg")
    clock.advance(7)
    assert client.job(job_id)["code"] == "InvalidFile.MultiHuman"
