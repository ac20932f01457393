"""Training files over HTTP: upload, list, get, delete, quotas, and training with them."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile

import pytest
import requests

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour
from tests.emulators.dashscope.support import PHOTO_URL, Client, Web, error_of

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
ONE_FILE = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nabc\r\n'
NOT_FOUND = (400, "InvalidParameter", "File not found.")


def zipped(*files: tuple[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in files:
            file.writestr(name, content)
    return archive.getvalue()


def test_an_upload_answers_name_and_id_of_each_file(client: Client) -> None:
    data = client.upload(
        ("张伟.jpg", b"one"), ('a "b".png', b"\r\n--two\r\n"), descriptions=("first", "第二")
    )
    assert data["failed_uploads"] == []
    assert [list(file) for file in data["uploaded_files"]] == [["name", "file_id"]] * 2
    assert [file["name"] for file in data["uploaded_files"]] == ["张伟.jpg", 'a "b".png']
    assert all(UUID.fullmatch(file["file_id"]) for file in data["uploaded_files"])
    described = [
        client.call("GET", f"/files/{file['file_id']}").json()["data"]["description"]
        for file in data["uploaded_files"]
    ]
    assert described == ["first", "第二"]


def test_a_file_is_shown_with_the_fields_of_the_recorded_answer(client: Client) -> None:
    file_id = client.upload(("test2.txt", b"1234567"))["uploaded_files"][0]["file_id"]
    body = client.call("GET", f"/files/{file_id}").json()
    assert set(body) == {"request_id", "data"}
    data = body["data"]
    assert " ".join(data) == ("id name description size md5 region file_id url user_id api_key_id gmt_create")
    assert data["md5"] == base64.b64encode(hashlib.md5(b"1234567").digest()).decode()
    assert (data["name"], data["size"], data["region"]) == ("test2.txt", 7, "cn-beijing")
    assert data["gmt_create"] == "2025-09-02 09:51:02"
    assert f"/{file_id}/test2.txt?Expires={1_756_777_862 + 86_400}&" in data["url"]
    assert client.call("GET", "/files").json()["data"] == {
        "total": 1,
        "page_size": 10,
        "page_no": 1,
        "files": [data],
    }


def test_the_purpose_is_shown_only_if_one_was_given(client: Client) -> None:
    def upload(purpose: str) -> requests.Response:
        files = [("files", ("a.jpg", b"x"))]
        return client.call("POST", "/files", files=files, data={"purpose": purpose})

    assert error_of(upload("fun"))[:2] == (400, "InvalidParameter")
    assert upload("fine-tune").status_code == 200
    assert client.call("GET", "/files").json()["data"]["files"][0]["purpose"] == "fine-tune"


def test_files_are_listed_newest_first_in_pages(client: Client) -> None:
    for number in range(3):
        client.upload((f"{number}.jpg", b"x"))
    data = client.call("GET", "/files?page_no=1&page_size=2").json()["data"]
    assert (data["total"], [file["name"] for file in data["files"]]) == (3, ["2.jpg", "1.jpg"])
    data = client.call("GET", "/files?page_no=2&page_size=2").json()["data"]
    assert [file["name"] for file in data["files"]] == ["0.jpg"]


def test_a_deleted_file_is_not_found_and_that_is_a_400(client: Client) -> None:
    file_id = client.upload(("a.jpg", b"x"))["uploaded_files"][0]["file_id"]
    response = client.call("DELETE", f"/files/{file_id}")
    assert (response.status_code, set(response.json())) == (200, {"request_id"})
    assert error_of(client.call("DELETE", f"/files/{file_id}")) == NOT_FOUND
    assert error_of(client.call("GET", f"/files/{file_id}")) == NOT_FOUND
    assert error_of(client.call("GET", "/files/..%2Fdashscope.sqlite3")) == NOT_FOUND


def test_quotas_fail_single_files_inside_of_a_200(client: Client, behaviour: Behaviour) -> None:
    behaviour.max_files, behaviour.total_file_bytes = 2, 1024
    data = client.upload(("a", b"x" * 839), ("b", b"x" * 200), ("c", b"x" * 100), ("d", b"x"))
    assert [file["name"] for file in data["uploaded_files"]] == ["a", "c"]
    assert data["failed_uploads"] == [
        {
            "name": "b",
            "code": "BadRequest.TooLarge",
            "message": "Out of space, <839> B of <1024> B storage space has been used.",
        },
        {
            "name": "d",
            "code": "BadRequest.TooMany",
            "message": "Out of number, <2> of <2> files has been uploaded.",
        },
    ]


def test_one_file_must_not_be_too_large(client: Client, behaviour: Behaviour) -> None:
    behaviour.max_file_bytes = 10
    (failed,) = client.upload(("a", b"x" * 11))["failed_uploads"]
    assert failed["code"] == "BadRequest.TooLarge"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=files; filename=a\r\n",
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\nabc',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nno colon\r\n\r\nabc\r\n--x--"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", ONE_FILE * 1001 + b"--x--"),
    ],
)
def test_a_bad_upload_is_an_invalid_parameter(client: Client, content_type: str, body: bytes) -> None:
    response = client.call("POST", "/files", data=body, headers={"Content-Type": content_type})
    assert error_of(response)[:2] == (400, "InvalidParameter")
    assert client.call("GET", "/files").json()["data"]["total"] == 0


def test_a_part_without_quotes_and_without_a_type_is_taken(client: Client) -> None:
    body = (
        b"preamble\r\n--x\r\ncontent-disposition: form-data; name=files; filename=a.jpg\r\n\r\nabc\r\n--x--"
    )
    headers = {"Content-Type": 'multipart/form-data; boundary="x"'}
    response = client.call("POST", "/files", data=body, headers=headers)
    assert response.json()["data"]["uploaded_files"][0]["name"] == "a.jpg"
    assert client.call("GET", "/files").json()["data"]["files"][0]["size"] == 3


def test_an_uploaded_photo_trains_alone_and_together_with_urls(
    client: Client, clock: ManualClock, photo: bytes
) -> None:
    file_id = client.upload(("a.jpg", photo))["uploaded_files"][0]["file_id"]
    job_id = client.created(file_id, PHOTO_URL)
    clock.advance(302)
    job = client.job(job_id)
    assert (job["status"], job["training_file_ids"]) == ("SUCCEEDED", [file_id, PHOTO_URL])


def test_a_file_that_is_deleted_before_the_start_fails_the_training(
    client: Client, clock: ManualClock, photo: bytes
) -> None:
    file_id = client.upload(("a.jpg", photo))["uploaded_files"][0]["file_id"]
    job_id = client.created(file_id)
    client.call("DELETE", f"/files/{file_id}")
    clock.advance(7)
    job = client.job(job_id)
    assert (job["status"], job["code"], job["message"]) == ("FAILED", "InvalidParameter", "File not found.")


@pytest.mark.parametrize(
    ("count", "status"), [(1, "RUNNING"), (10, "RUNNING"), (11, "FAILED"), (0, "FAILED")]
)
def test_a_zip_trains_with_up_to_ten_photos(
    client: Client, clock: ManualClock, photo: bytes, count: int, status: str
) -> None:
    files = [(f"{number}.jpg", photo) for number in range(count)]
    content = zipped(*files, ("__MACOSX/._0.jpg", b"junk"), ("folder/", b""))
    job_id = client.created(client.upload(("photos.zip", content))["uploaded_files"][0]["file_id"])
    clock.advance(8)
    assert client.status(job_id) == status


def test_a_broken_zip_and_a_zip_by_url_fail_the_training(
    client: Client, clock: ManualClock, photo: bytes, web: Web
) -> None:
    content = zipped(("a.jpg", photo))
    broken = client.upload(("photos.zip", content[:-30]))["uploaded_files"][0]["file_id"]
    for name in (broken, web.put("https://photos/photos.zip", content)):
        job_id = client.created(name)
        clock.advance(7)
        assert client.job(job_id)["code"] == "InvalidImageFormat"
