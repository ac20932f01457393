"""Lists as a shared workspace gives them: entries of other models, incomplete ones, pages that are short."""

from __future__ import annotations

from typing import Any

import pytest

from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from tests.emulators.dashscope.support import PHOTO_URL, Client, Submit

STRICT = Behaviour()


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(pending_seconds=2, training_seconds=300)


def page(client: Client, **query: object) -> dict[str, Any]:
    output: dict[str, Any] = client.call("GET", "/fine-tunes", params=query).json()["output"]
    return output


def test_the_list_has_fine_tunes_of_other_models_and_some_that_say_hardly_anything(client: Client) -> None:
    own = client.created(PHOTO_URL)
    listed = page(client)
    first, *foreign = listed["jobs"]
    assert (first["job_id"], listed["total"], len(foreign)) == (own, 4, 3)
    assert "facechain-finetune" not in [entry.get("model") for entry in foreign]
    for field in ("job_id", "model", "training_file_ids", "finetuned_output", "create_time", "end_time"):
        has = [field in entry for entry in foreign]
        assert True in has, f"no foreign entry has {field}"
        assert False in has, f"every foreign entry has {field}"


def test_fine_tunes_of_other_models_are_nobody_s_bill_and_take_no_place(
    client: Client, studio: ModelStudio, behaviour: Behaviour
) -> None:
    behaviour.foreign_fine_tunes, behaviour.kept_fine_tunes = 30, 1
    assert page(client)["total"] == 30
    assert studio.ledger() == []
    client.created(PHOTO_URL)
    assert len(studio.ledger()) == 1


def test_a_filter_by_model_leaves_out_the_others_and_those_that_name_none(client: Client) -> None:
    own = client.created(PHOTO_URL)
    listed = page(client, model="facechain-finetune")
    assert (listed["total"], [entry["job_id"] for entry in listed["jobs"]]) == (1, [own])
    other = next(entry for entry in page(client)["jobs"] if entry.get("model", own) != own)
    assert page(client, model=other["model"])["total"] >= 1


def test_a_fine_tune_of_another_model_can_be_read_by_its_id(client: Client) -> None:
    for entry in page(client)["jobs"]:
        if "job_id" in entry:
            assert client.job(entry["job_id"]) == entry


def test_a_page_is_shorter_than_asked_for_and_the_next_goes_on_where_it_ended(
    client: Client, submit: Submit, behaviour: Behaviour
) -> None:
    behaviour.concurrent_fine_tunes, behaviour.foreign_fine_tunes = 20, 14
    own = [submit() for _ in range(12)][::-1]
    pages = [page(client, page_no=number, page_size=100) for number in range(1, 5)]
    assert [len(one["jobs"]) for one in pages] == [10, 10, 6, 0]
    assert {(one["total"], one["page_size"]) for one in pages} == {(26, 100)}
    entries = [entry for one in pages for entry in one["jobs"]]
    assert [entry["job_id"] for entry in entries[:12]] == own
    assert len({str(entry) for entry in entries}) == 26


def test_pages_of_files_are_short_too(client: Client) -> None:
    names = [f"{number}.jpg" for number in range(12)]
    for name in names:
        client.upload((name, b"x"))
    shown = []
    for number in (1, 2):
        data = client.call("GET", f"/files?page_no={number}&page_size=100").json()["data"]
        assert data["total"] == 12
        shown.append([file["name"] for file in data["files"]])
    assert [len(one) for one in shown] == [10, 2]
    assert [name for one in shown for name in one] == names[::-1]


def test_a_friendly_account_gives_whole_pages_of_its_own(
    client: Client, submit: Submit, behaviour: Behaviour
) -> None:
    behaviour.most_entries_a_page, behaviour.foreign_fine_tunes = 100, 0
    behaviour.concurrent_fine_tunes = 20
    for _ in range(12):
        submit()
    assert len(page(client, page_size=100)["jobs"]) == page(client)["total"] == 12


def test_the_unfavourable_readings_are_the_defaults() -> None:
    assert STRICT.foreign_fine_tunes >= 3
    assert STRICT.most_entries_a_page == 10
    assert STRICT.facechain_approved
