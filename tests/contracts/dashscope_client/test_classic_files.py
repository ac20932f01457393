"""``dashscope.Files``, the surface of the 1.x client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from dashscope.api_entities.dashscope_response import DashScopeAPIResponse
from dashscope.common.error import InvalidFileFormat
from dashscope.files import Files
from dashscope.finetune.finetunes import FineTunes

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour
from tests.contracts.dashscope_client.conftest import result_of

pytestmark = pytest.mark.usefixtures("base_url")


def file_id_of(path: Path) -> str:
    response = Files.upload(str(path), purpose="fine-tune")
    assert response.status_code == 200, response
    return str(response.output["uploaded_files"][0]["file_id"])


def test_upload_answers_name_and_id(upload: Path) -> None:
    response = Files.upload(file_path=str(upload), purpose="fine-tune", description="in the park")
    assert result_of(response)[:2] == (200, None)
    assert response.output["failed_uploads"] == []
    (uploaded,) = response.output["uploaded_files"]
    assert uploaded["name"] == "a.jpg"
    assert Files.get(uploaded["file_id"]).output["description"] == "in the park"


def test_text_for_language_models_passes_the_clients_own_check(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"messages": []}\n{"messages": []}\n')
    assert Files.upload(str(path)).output["uploaded_files"][0]["name"] == "train.jsonl"
    path.write_text("not json\n")
    with pytest.raises(InvalidFileFormat):
        Files.upload(str(path))


def test_a_full_store_says_so_for_each_file(upload: Path, behaviour: Behaviour) -> None:
    behaviour.max_files = 0
    output = Files.upload(str(upload), purpose="fine-tune").output
    assert output == {
        "uploaded_files": [],
        "failed_uploads": [
            {
                "name": "a.jpg",
                "code": "BadRequest.TooMany",
                "message": "Out of number, <0> of <0> files has been uploaded.",
            }
        ],
    }


def test_get_shows_what_is_known_and_where_the_bytes_are(
    upload: Path, photo: bytes, clock: ManualClock
) -> None:
    shown = Files.get(file_id_of(upload)).output
    assert (shown["name"], shown["size"], shown["region"]) == ("a.jpg", len(photo), "cn-beijing")
    downloaded = requests.get(shown["url"], timeout=5)
    assert (downloaded.content, downloaded.headers["content-type"]) == (photo, "image/jpeg")
    forged = requests.get(shown["url"].replace("a.jpg", "b.jpg"), timeout=5)
    assert (forged.status_code, "SignatureDoesNotMatch" in forged.text) == (403, True)
    clock.advance(86_400)
    expired = requests.get(shown["url"], timeout=5)
    assert (expired.status_code, "Request has expired." in expired.text) == (403, True)


def test_list_pages_through_the_files_newest_first(upload: Path) -> None:
    files = [file_id_of(upload) for _ in range(3)]
    pages = [Files.list(page=number, page_size=2).output for number in (1, 2)]
    assert [(page["page_no"], page["page_size"], page["total"]) for page in pages] == [(1, 2, 3), (2, 2, 3)]
    assert [file["file_id"] for page in pages for file in page["files"]] == files[::-1]


def test_delete_removes_the_file_and_its_bytes(upload: Path) -> None:
    file_id = file_id_of(upload)
    url = Files.get(file_id).output["url"]
    assert Files.delete(file_id).status_code == 200
    assert Files.list().output["total"] == 0
    gone = requests.get(url, timeout=5)
    assert (gone.status_code, "NoSuchKey" in gone.text) == (404, True)


@pytest.mark.parametrize("ask", [Files.get, Files.delete])
def test_a_missing_file_is_an_invalid_parameter(ask: Callable[[str], DashScopeAPIResponse]) -> None:
    response = ask("00000000-0000-4000-8000-000000000000")
    assert result_of(response) == (
        400,
        "InvalidParameter",
        "File not found.",
    )


def test_an_uploaded_photo_can_be_trained_with(upload: Path, clock: ManualClock) -> None:
    job = FineTunes.call(model="facechain-finetune", training_file_ids=[file_id_of(upload)]).output
    clock.advance(400)
    assert FineTunes.get(job.job_id).output.status == "SUCCEEDED"
