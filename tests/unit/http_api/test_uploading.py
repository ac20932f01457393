"""Uploads over HTTP: what is stored where, what is refused before it is stored, and small pictures."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from PIL import Image

from shared.domain.object_keys import MAX_KEY_BYTES
from shared.domain.photos import Verdict
from shared.domain.reasons import Language, reason
from shared.errors import RetryLater
from shared.http_api import thumbnails
from shared.http_api.links import Link, make_link
from shared.http_api.messages import MAX_UPLOAD_BYTES
from tests.unit.http_api.support import ADMIN_TOKEN, BOTH, CHINESE, TOKEN, Api, assert_problem, document
from tests.unit.http_api.test_share_links import TOKENS
from tests.unit.support import NOW, collecting, photo


def picture(kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 400), "tan").save(buffer, kind)
    return buffer.getvalue()


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.jpg", picture())
    return buffer.getvalue()


def form(*files: tuple[str, bytes], **fields: str) -> tuple[dict[str, str], bytes]:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, content in files:
        head = f'--b\r\nContent-Disposition: form-data; name="photos"; filename="{name}"\r\n'
        parts.append(head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + content + b"\r\n")
    return {"Content-Type": "multipart/form-data; boundary=b"}, b"".join(parts) + b"--b--\r\n"


LINK = f"/own/{make_link(TOKENS, Link('li', '0' * 16, NOW // 1000 + 1000))}"


@pytest.mark.parametrize(("path", "token"), [("/people/li", ADMIN_TOKEN), (LINK, None)])
@BOTH
def test_a_photo_is_stored_in_the_person_s_folder(wsgi: bool, path: str, token: str | None) -> None:
    api = Api(wsgi=wsgi)
    content = picture()
    stored = api.call(f"{path}/photos/my%20face.jpg", method="PUT", token=token, content=content)
    assert stored.status == 201
    assert document(stored) == {
        "person_id": "li",
        "name": "my face.jpg",
        "size": len(content),
        "href": "/people/li",
    }
    assert api.bucket.objects == {"people/li/my face.jpg": content}
    assert api.requests.rows == {}


def test_a_person_is_one_however_the_name_is_written() -> None:
    api = Api()
    api.call("/people/Zoe%CC%88/photos/a.jpg", method="PUT", token=ADMIN_TOKEN, content=picture())
    assert list(api.bucket.objects) == ["people/Zoë/a.jpg"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_pictures_that_are_taken_are_stored(kind: str) -> None:
    api = Api()
    path = f"/people/li/photos/a.{kind.lower()}"
    assert api.call(path, method="PUT", token=ADMIN_TOKEN, content=picture(kind)).status == 201


def test_a_zip_of_photos_is_stored() -> None:
    api = Api()
    stored = api.call("/people/li/photos/a.zip", method="PUT", token=ADMIN_TOKEN, content=zipped())
    assert stored.status == 201


@pytest.mark.parametrize(
    ("name", "content", "verdict"),
    [
        ("a.jpg", b"", Verdict.EMPTY),
        ("a.jpg", b"Dear studio, my photos follow.", Verdict.TEXT_FILE),
        ("a.jpg", b"<!DOCTYPE html><html><body>404</body></html>", Verdict.WEB_PAGE),
        ("a.pdf", b"%PDF-1.7\n" + b"x" * 100, Verdict.DOCUMENT),
        ("a.rar", b"Rar!\x1a\x07\x00" + b"x" * 100, Verdict.OTHER_ARCHIVE),
        ("a.jpg", zipped(), Verdict.MISNAMED_ZIP),
        ("a.jpg", picture()[:-400], Verdict.CUT_OFF),
        ("a.jpg", b"\x01\x02\x03\x04" * 50, Verdict.NOT_AN_IMAGE),
    ],
)
def test_what_is_no_photo_is_refused_with_its_reason_and_not_stored(
    name: str, content: bytes, verdict: Verdict
) -> None:
    api = Api()
    for language, headers in ((Language.ENGLISH, {}), (Language.CHINESE, CHINESE)):
        refused = api.call(
            f"/people/li/photos/{name}", method="PUT", token=ADMIN_TOKEN, content=content, headers=headers
        )
        assert_problem(refused, 415, "unusable_file")
        assert reason(verdict, language) in document(refused)["detail"]
    assert api.bucket.objects == {}


@pytest.mark.parametrize(
    "name",
    [
        *("_READY", "ready.txt", "..", ".hidden", "a%2F..%2Fb.jpg", "%2Fwu%2Fa.jpg", "Thumbs.db"),
        "a" * (MAX_KEY_BYTES - len("people/li/") + 1),
    ],
)
def test_a_name_that_no_photo_can_have_is_refused(name: str) -> None:
    api = Api()
    refused = api.call(f"/people/li/photos/{name}", method="PUT", token=ADMIN_TOKEN, content=picture())
    assert refused.status in (400, 415)
    assert api.bucket.objects == {}


def test_more_than_20_mb_is_refused_before_anything_is_stored() -> None:
    api = Api()
    content = picture() + b"\0" * MAX_UPLOAD_BYTES
    refused = api.call("/people/li/photos/a.jpg", method="PUT", token=ADMIN_TOKEN, content=content)
    assert_problem(refused, 413, "upload_too_large")
    assert api.bucket.objects == {}


def test_whoever_may_only_read_stores_nothing() -> None:
    api = Api()
    for method, path in (("PUT", "/people/li/photos/a.jpg"), ("POST", "/people/li/photos")):
        assert_problem(api.call(path, method=method, token=TOKEN, content=picture()), 403, "admin_only")
    assert (api.bucket.objects, api.connections) == ({}, 0)


def test_a_bucket_that_does_not_answer_is_told_with_a_time_to_come_again() -> None:
    api = Api()
    api.bucket.trouble = RetryLater("ServiceUnavailable", "…", delay_seconds=4)
    refused = api.call("/people/li/photos/a.jpg", method="PUT", token=ADMIN_TOKEN, content=picture())
    assert_problem(refused, 503, "unavailable")
    assert refused.headers["Retry-After"] == "4"


@BOTH
def test_a_form_brings_several_photos_and_leads_a_browser_back(wsgi: bool) -> None:
    api = Api(wsgi=wsgi)
    headers, content = form(("C:\\fakepath\\a.jpg", picture()), ("李 2.png", picture("PNG")))
    shown = api.call(
        f"{LINK}/photos",
        method="POST",
        token=None,
        content=content,
        headers={**headers, "Accept": "text/html"},
    )
    assert (shown.status, shown.headers["Location"]) == (303, LINK)
    names = [re.sub("[0-9a-f]{8}", "#", key) for key in api.bucket.objects]
    assert names == ["people/li/a #.jpg", "people/li/李 2 #.png"]


def test_photos_that_a_phone_calls_alike_are_all_stored_and_one_that_is_sent_again_is_the_same() -> None:
    api = Api()
    for pictures in ((picture(), picture("PNG")), (picture(),)):
        headers, content = form(*(("image.jpg", one) for one in pictures))
        sent = api.call(f"{LINK}/photos", method="POST", token=None, content=content, headers=headers)
        assert sent.status == 201
    assert len(api.bucket.objects) == 2


@pytest.mark.parametrize("files", [[], [("", b"")]])
def test_a_form_without_a_photo_is_told_so(files: list[tuple[str, bytes]]) -> None:
    headers, content = form(*files, csrf="x")
    refused = Api().call(
        "/people/li/photos", method="POST", token=ADMIN_TOKEN, content=content, headers=headers
    )
    assert_problem(refused, 400, "no_files")


@pytest.mark.parametrize(
    "content", [b"", b"--b", b"no form", b"--b\r\n\r\n--b--", b"--b\r\nX: y\r\n\r\nz\r\n--b--"]
)
def test_what_is_no_form_is_refused(content: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    refused = Api().call(
        "/people/li/photos", method="POST", token=ADMIN_TOKEN, content=content, headers=headers
    )
    assert refused.status == 400


@pytest.mark.parametrize(("path", "token"), [("/people/li", ADMIN_TOKEN), (LINK, None)])
def test_i_am_done_is_the_marker(path: str, token: str | None) -> None:
    api = Api()
    assert api.call(f"{path}/done", method="POST", token=token).status == 201
    assert api.bucket.objects == {"people/li/_READY": b""}


# -- small pictures ---------------------------------------------------------------------------------------


def page(api: Api, path: str) -> str:
    shown = api.call(path, headers={"Accept": "text/html"})
    assert shown.status == 200
    return str(shown.body)


def test_photos_are_shown_by_small_pictures_that_stand_in_the_page_and_are_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(thumbnails, "_remembered", type(thumbnails._remembered)())
    api = Api(collecting(photo("a.jpg"), photo("note.txt", Verdict.TEXT_FILE)))
    assert "data:image/jpeg;base64,SlBFRw==" in page(api, "/people/li")
    assert api.bucket.asked == ["people/li/a.jpg"]
    page(api, "/people/li")
    assert api.bucket.asked == ["people/li/a.jpg"], "the instance remembers it"


def test_a_photo_whose_picture_is_not_to_be_had_is_shown_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "_remembered", type(thumbnails._remembered)())
    api = Api(collecting(photo("a.jpg")))
    api.bucket.trouble = RetryLater("ServiceUnavailable", "…", delay_seconds=4)
    assert "a.jpg" in page(api, "/people/li")
    assert "data:image" not in page(api, "/people/li")


def test_programs_pay_for_no_picture() -> None:
    api = Api(collecting(photo("a.jpg")))
    api.call("/people/li")
    assert api.bucket.asked == []


def test_never_more_pictures_than_a_page_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "_remembered", type(thumbnails._remembered)())
    monkeypatch.setattr(thumbnails, "REMEMBERED", 5)
    api = Api(collecting(*(photo(f"{number}.jpg", etag=str(number)) for number in range(30))))
    page(api, "/people/li")
    assert len(api.bucket.asked) == thumbnails.SHOWN
    assert len(thumbnails._remembered) == 5
