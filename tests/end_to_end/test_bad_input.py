"""Whatever is thrown at the functions, an innocent person beside it is trained, and the log says why not."""

from __future__ import annotations

import http.client
import json
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from aliyun_local.samples import portrait

from .support import COLLECT, RECONCILE, LocalStudio, encoded, eventually, photo, scenery


@pytest.fixture(scope="module", autouse=True)
def innocent(session_studio: LocalStudio) -> Iterator[None]:
    """Someone who uploads before all the trouble and somebody else after it; both must be trained once."""
    session_studio.upload_portraits("innocent before", 1)
    yield
    session_studio.upload_portraits("innocent after", 2)
    for person in ("innocent before", "innocent after"):
        document = session_studio.wait_until_trained(person)
        assert len(session_studio.fine_tunes_of(document["current"]["job_id"])) == 1
    given_up = session_studio.cloud.compute.abandoned()
    assert [invocation.reason for invocation in given_up if invocation.function == COLLECT] == []


def an_event(
    key: str, *, bucket: str = "facechain-photos", name: str = "ObjectCreated:PutObject"
) -> dict[str, Any]:
    return {"eventName": name, "oss": {"bucket": {"name": bucket}, "object": {"key": key}}}


def outcome(studio: LocalStudio, event: object) -> dict[str, Any]:
    payload = event if isinstance(event, bytes) else json.dumps(event).encode()
    answer = studio.invoke(COLLECT, payload)
    assert answer.status_code == 200
    assert "X-Fc-Error-Type" not in answer.headers, answer.text
    document: dict[str, Any] = answer.json()
    return document


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b'"people/x/a.jpg"', "not a JSON object"),
        (b"{}", "no list 'events'"),
        (b'{"events": null}', "no list 'events'"),
        (b'{"events": {"0": {}}}', "no list 'events'"),
        (b'{"triggerTime": "2026-01-01T00:00:00Z", "triggerName": "tick"}', "no list 'events'"),
    ],
)
def test_an_event_that_makes_no_sense_is_logged_and_not_tried_again(
    studio: LocalStudio, payload: bytes, reason: str
) -> None:
    assert reason in outcome(studio, payload)["ignored"]
    assert any(reason in line["problem"] for line in studio.logged(COLLECT, "event_unusable"))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (None, "not 'facechain-photos'"),
        (7, "not 'facechain-photos'"),
        ({}, "not 'facechain-photos'"),
        (an_event("people/x/a.jpg", bucket="another-bucket"), "'another-bucket', not 'facechain-photos'"),
        (an_event("people/x/a.jpg", name="ObjectRemoved:DeleteObject"), "is not an upload"),
        (an_event("people/x/a.jpg", name="ObjectCreated:UploadPart"), "is not an upload"),
        (an_event("people/x/a.jpg", name="PutObject"), "is not an upload"),
        (an_event(""), "names no object"),
        (an_event("submissions/x/a.jpg"), "not under people/"),
        (an_event("people"), "not under people/"),
        (an_event("people/"), "folder marker"),
        (an_event("people/x\x00y/a.jpg"), "control character"),
        (an_event("people/x/a\nb.jpg"), "control character"),
        (an_event("people/x/../y/a.jpg"), "'..' segment"),
        (an_event("people/../secrets/a.jpg"), "starts with '.'"),
        (an_event("people/\ud800/a.jpg"), "not valid UTF-8"),
        (an_event("people/x/\ud800.jpg"), "UTF-8"),
        (an_event("people/" + "名" * 43 + "/a.jpg"), "129 bytes"),
    ],
)
def test_an_entry_that_is_none_of_ours_is_logged_with_the_reason_and_its_neighbour_is_handled(
    studio: LocalStudio, entry: Any, reason: str
) -> None:
    answer = outcome(studio, {"events": [entry, an_event("people/innocent before/1.jpg")]})
    assert answer["outcomes"]["people/innocent before/1.jpg"] in ("known", "usable")
    (ignored,) = [text for text in answer["outcomes"].values() if text.startswith("ignored: ")]
    assert reason in ignored
    assert any(reason in line["reason"] for line in studio.logged(COLLECT, "upload_ignored"))


def test_an_event_about_an_object_that_is_not_there_leads_to_nothing(studio: LocalStudio) -> None:
    answer = outcome(studio, {"events": [an_event("people/ghost/a.jpg")]})
    assert answer["outcomes"] == {"people/ghost/a.jpg": "gone"}
    assert studio.person("ghost") is None


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"{}", b'{"triggerTime": "yesterday"}', b"null"])
def test_a_tick_with_a_broken_event_does_its_work_all_the_same(studio: LocalStudio, payload: bytes) -> None:
    answer = eventually(
        lambda: (got := studio.invoke(RECONCILE, payload)).status_code == 200 and got  # else it is busy
    )
    assert "X-Fc-Error-Type" not in answer.headers, answer.text
    assert "actions" in answer.json()


def test_a_tick_that_comes_much_too_late_is_dropped(studio: LocalStudio) -> None:
    answer = eventually(
        lambda: (
            (got := studio.invoke(RECONCILE, b'{"triggerTime": "2026-01-01T00:00:00Z"}')).status_code == 200
            and got
        )
    )
    assert "more than a minute old" in answer.json()["dropped"]


def put_raw(studio: LocalStudio, key: str, content: bytes) -> None:
    """Put an object under exactly this key; ordinary clients resolve ``..`` before they send it."""
    url = studio.bucket.sign_url("PUT", key, 60, slash_safe=True)
    parts = urlsplit(url)
    start = url.index(parts.netloc) + len(parts.netloc)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request("PUT", url[start:], body=content)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("people/lonely.jpg", "beside the people's folders"),
        ("people/folder/", "folder marker"),
        ("people/folder/sub/", "folder marker"),
        ("people/folder/.DS_Store", "hidden"),
        ("people/folder/.thumbnails/a.jpg", "hidden"),
        ("people/folder/__MACOSX/a.jpg", "system file"),
        ("people/folder/Thumbs.db", "system file"),
        ("people/.git/a.jpg", "starts with '.'"),
        ("people/folder/sub/_READY", "marker in a sub-folder"),
        ("people//a.jpg", "name is empty"),
        ("people/folder//a.jpg", "empty, '.' or '..' segment"),
        ("people/folder/../innocent before/evil.jpg", "'..' segment"),
        ("people/folder/./a.jpg", "'.' or '..' segment"),
    ],
)
def test_an_upload_that_is_no_photo_of_anybody_is_ignored_with_a_logged_reason(
    studio: LocalStudio, key: str, reason: str
) -> None:
    put_raw(studio, key, photo(3))
    (line,) = eventually(
        lambda: [line for line in studio.logged(COLLECT, "upload_ignored") if line["key"] == key]
    )
    assert reason in line["reason"]
    assert studio.person("folder") is None


ODD_PEOPLE = [
    "50% + a&b=c?#;",
    "张 伟",
    "😀",
    "%E5%BC%A0",
    "a+b",
    "quote\"s' and `ticks`",
    "back\\slash",
    " leading and trailing ",
    "results",
    "n" * 128,
    "名" * 42,
    "e\u0301 decomposed",
    "_begins like the marker",
]


@pytest.mark.parametrize("person", ODD_PEOPLE)
def test_a_person_may_be_called_anything_that_fits_a_folder(studio: LocalStudio, person: str) -> None:
    studio.upload(person, "_READY/../a.jpg".replace("/../", " "), photo(1000 + ODD_PEOPLE.index(person)))
    studio.mark_ready(person)
    document = studio.wait_until_trained(person)
    one_name = unicodedata.normalize("NFC", person)
    assert document["person_id"] == one_name
    assert len(studio.fine_tunes_of(document["current"]["job_id"])) == 1
    assert studio.result(one_name)["person_id"] == one_name


def test_photos_may_be_called_anything_and_each_gets_its_verdict(studio: LocalStudio) -> None:
    names = [
        "photo 01.jpg",
        "50% + 1.jpg",
        "a%20b.jpg",
        "照片.JPG",
        "😀.jpg",
        "sub/folder/1.jpg",
        "noextension",
    ]
    names += ["_READY.jpg", "x" * 200 + ".jpg"]
    for number, name in enumerate(names):
        studio.upload("odd names", name, photo(1100 + number))
    document = studio.wait_until_trained("odd names")
    photos = document["current"]["photos"]
    assert {entry["name"]: entry["verdict"] for entry in photos} == dict.fromkeys(names, "usable")
    assert len(studio.fine_tunes_of(document["current"]["job_id"])) == 1


def test_each_file_that_cannot_be_used_has_a_verdict_and_the_good_ones_are_trained(
    studio: LocalStudio,
) -> None:
    good = photo(1201)
    files = {
        "good.jpg": (good, "usable"),
        "good.png": (encoded(portrait(1202, size=(320, 400)), "PNG"), "usable"),
        "good.webp": (encoded(portrait(1203, size=(320, 400)), "WEBP"), "usable"),
        "good.bmp": (encoded(portrait(1204, size=(320, 400)), "BMP"), "usable"),
        "empty.jpg": (b"", "empty"),
        "letter.jpg": (b"Dear studio, my photos follow tomorrow.\n", "text_file"),
        "half.jpg": (good[: len(good) // 3], "cut_off"),
        "page.html": (b"<script>alert(1)</script>", "web_page"),
        "hills.jpg": (scenery(1), "no_face"),
        "group.jpg": (photo(1205, size=(640, 400), faces=2), "several_faces"),
        "tiny.jpg": (photo(1206, size=(200, 255)), "too_few_pixels"),
        "panorama.jpg": (photo(1207, size=(4000, 300)), "too_narrow"),
    }
    for name, (content, _) in files.items():
        studio.upload("mixed bag", name, content)
    document = studio.wait_until_trained("mixed bag")
    seen = {entry["name"]: entry["verdict"] for entry in document["current"]["photos"]}
    assert seen == {name: verdict for name, (_, verdict) in files.items()}
    assert all(entry["reason"] and entry["remedy"] for entry in document["current"]["photos"])
    (made,) = [entry for entry in studio.ledger() if entry["job_id"] == document["current"]["fine_tune_id"]]
    assert len(made["training_file_ids"]) == document["current"]["usable_count"] == 4


def test_the_same_picture_under_several_names_counts_once_in_a_set(studio: LocalStudio) -> None:
    for number in range(4):
        studio.upload("copies", f"copy {number}.jpg", photo(1251))
    document = studio.wait_until_trained("copies")
    verdicts = sorted(entry["verdict"] for entry in document["current"]["photos"])
    assert verdicts == ["duplicate"] * 3 + ["usable"]


def test_a_file_over_twenty_megabytes_is_refused_with_the_reason(studio: LocalStudio) -> None:
    studio.upload("heavy", "scan.jpg", photo(1301) + bytes(21 * 1024 * 1024))
    document = studio.wait_for("heavy", "REJECTED")
    (entry,) = document["current"]["photos"]
    assert (entry["verdict"], "20 MB" in entry["reason"]) == ("too_many_bytes", True)
    assert studio.fine_tunes_of(document["current"]["job_id"]) == []


def test_a_marker_without_photos_makes_nobody(studio: LocalStudio) -> None:
    with studio.handling(1):
        studio.mark_ready("only a marker")
    assert studio.person("only a marker") is None


def test_the_invoke_api_says_what_is_wrong_with_a_call(studio: LocalStudio) -> None:
    unknown = studio.invoke("no-such-function", b"{}")
    assert (unknown.status_code, unknown.json()["Code"]) == (404, "FunctionNotFound")
    unsigned = studio.http.post(
        f"{studio.endpoints['FC_ENDPOINT']}/2023-03-30/functions/{COLLECT}/invocations", timeout=30
    )
    assert (unsigned.status_code, unsigned.json()["Code"]) == (403, "AccessDenied")
    wrong_path = studio.http.post(f"{studio.endpoints['FC_ENDPOINT']}/nowhere", timeout=30)
    assert wrong_path.status_code == 400
    wrong_method = studio.http.get(
        f"{studio.endpoints['FC_ENDPOINT']}/2023-03-30/functions/{COLLECT}/invocations", timeout=30
    )
    assert wrong_method.status_code == 405
