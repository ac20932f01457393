"""Portrait tasks without the official client: a restart, hostile orders, many at once, the images."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from PIL import Image

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.errors import Problem
from aliyun_local.dashscope.pictures import portraits
from aliyun_local.dashscope.pictures.inspection import UNREADABLE, WRONG_RESOLUTION
from aliyun_local.dashscope.pictures.portraits import PortraitOrder
from tests.emulators.dashscope.support import PHOTO_URL, Client, Web, encoded, error_of

PATH = "/services/aigc/album/gen_potrait"
PARAMETERS: dict[str, object] = {"style": "train_free_portrait_url_template", "n": 1}
ORDER: dict[str, object] = {
    "model": "facechain-generation",
    "parameters": PARAMETERS,
    "input": {"template_url": "https://photos/template.png", "user_urls": [PHOTO_URL]},
}
ASYNC = {"X-DashScope-Async": "enable"}


@pytest.fixture(autouse=True)
def template(web: Web) -> None:
    web.put("https://photos/template.png", encoded(Image.new("RGB", (600, 800), "white"), "PNG"))


def ordered(client: Client) -> str:
    response = client.call("POST", PATH, json=ORDER, headers=ASYNC)
    assert response.status_code == 200, response.text
    return str(response.json()["output"]["task_id"])


def result_url(client: Client, task_id: str) -> str:
    (result,) = client.call("GET", f"/tasks/{task_id}").json()["output"]["results"]
    return str(result["url"])


def test_a_restart_keeps_tasks_and_the_urls_of_their_images(
    tmp_path: Path, clock: ManualClock, behaviour: Behaviour, web: Web
) -> None:
    order = PortraitOrder(
        style="train_free_portrait_url_template",
        images=2,
        template_url="https://photos/template.png",
        user_urls=(PHOTO_URL,),
    )
    studio = ModelStudio(tmp_path, clock, behaviour, web.fetch)
    first = studio.portraits.submit(model="facechain-generation", order=order, request_id="r1")
    clock.advance(100)
    second = studio.portraits.submit(model="facechain-generation", order=order, request_id="r2")
    before = studio.portraits.ledger()
    path = studio.portraits.result_path(first, 1)
    signed = studio.downloads.signed(path, clock.now() + 50)
    image = studio.portraits.image(first.task_id, "1.jpg")
    studio.close()

    again = ModelStudio(tmp_path, clock, behaviour, web.fetch)
    assert again.portraits.ledger() == before
    assert [task.status for task in before] == ["SUCCEEDED", "PENDING"]
    query = dict(parse_qsl(urlsplit(signed).query))
    assert again.downloads.check(path, query, clock.now())[1:] == [first.task_id, "1.jpg"]
    assert again.portraits.image(first.task_id, "1.jpg") == image
    clock.advance(16)
    assert [task.task_id for task in again.portraits.ledger() if task.ended_at] == [
        first.task_id,
        second.task_id,
    ]
    again.close()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"model": None}, (400, "BadRequest.EmptyModel")),
        ({"model": "qwen-max"}, (404, "ModelNotFound")),
        ({"model": ["facechain-generation"]}, (404, "ModelNotFound")),
        ({"parameters": None}, (400, "BadRequest.EmptyParameters")),
        ({"parameters": {}}, (400, "BadRequest.EmptyParameters")),
        ({"parameters": "f_idcard_male"}, (400, "InvalidParameter")),
        ({"parameters": {"style": "f_idcard_male"}}, (400, "InvalidParameter")),
        ({"parameters": {"style": "portrait_url_template"}}, (400, "InvalidParameter")),
        ({"parameters": {"style": 7}}, (400, "InvalidParameter")),
        ({"parameters": PARAMETERS | {"n": True}}, (400, "InvalidParameter")),
        ({"parameters": PARAMETERS | {"skin_retouch": "yes"}}, (400, "InvalidParameter")),
        ({"resources": "facelora"}, (400, "InvalidParameter")),
        ({"resources": [{"resource_id": "x", "resource_type": "lora"}]}, (400, "InvalidParameter")),
        ({"resources": [7]}, (400, "InvalidParameter")),
        ({"input": []}, (400, "InvalidParameter")),
        ({"input": "x"}, (400, "InvalidParameter")),
        ({"input": {"template_url": "https://photos/template.png"}}, (400, "InvalidParameter")),
        ({"input": {"user_urls": [PHOTO_URL]}}, (400, "InvalidParameter")),
        ({"input": {"template_url": 1, "user_urls": [PHOTO_URL]}}, (400, "InvalidParameter")),
        ({"input": {"template_url": PHOTO_URL, "user_urls": PHOTO_URL}}, (400, "InvalidParameter")),
        ({"input": {"template_url": PHOTO_URL, "user_urls": [PHOTO_URL] * 6}}, (400, "InvalidParameter")),
        ({"input": {"template_url": "no-url", "user_urls": [PHOTO_URL]}}, (400, "InvalidURL")),
    ],
)
def test_an_order_that_is_not_in_order_is_refused(
    client: Client, studio: ModelStudio, changes: dict[str, Any], error: tuple[int, str]
) -> None:
    assert error_of(client.call("POST", PATH, json=ORDER | changes, headers=ASYNC))[:2] == error
    assert studio.portraits.ledger() == []


def test_resources_are_ignored_where_nobody_was_trained(client: Client) -> None:
    resources = [{"resource_id": "nobody", "resource_type": "facelora"}]
    response = client.call("POST", PATH, json=ORDER | {"resources": resources}, headers=ASYNC)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "query",
    ["page_no=0", "page_size=101", "start_time=2025", "start_time=20251399000000", "end_time=00000000000000"],
)
def test_a_list_that_cannot_be_is_an_invalid_parameter(client: Client, query: str) -> None:
    assert error_of(client.call("GET", f"/tasks?{query}"))[:2] == (400, "InvalidParameter")


@pytest.mark.parametrize("task_id", ["%E5%BC%A0%2F..", "%ff%00", "a" * 5000])
def test_an_odd_id_is_an_unknown_task(client: Client, task_id: str) -> None:
    response = client.call("GET", f"/tasks/{task_id}")
    assert (response.status_code, response.json()["output"]["task_status"]) == (200, "UNKNOWN")
    assert error_of(client.call("POST", f"/tasks/{task_id}/cancel"))[:2] == (400, "UnsupportedOperation")


def test_an_image_is_given_out_only_with_its_own_unexpired_signature(
    client: Client, clock: ManualClock
) -> None:
    task_id = ordered(client)
    clock.advance(30)
    url = result_url(client, task_id)
    bare, _, query = url.partition("?")
    session = requests.Session()
    session.trust_env = False
    with session:
        assert session.get(url, timeout=5).status_code == 200
        for refused in (
            bare,
            url.replace("1.jpg", "2.jpg"),
            url.replace("Expires=", "Expires=9"),
            url.replace("Expires=", "Expires=x"),
            f"{bare}?{query.replace('Signature=', 'Signature=x')}",
            f"{bare}?Expires=9999999999&OSSAccessKeyId=LTAIlocal&Signature=%FF",
            bare.replace("/portraits/", "/portraits//"),
        ):
            response = session.get(refused, timeout=5)
            assert response.status_code == 403
            assert response.text.startswith("<?xml")
        assert session.delete(url, timeout=5).status_code == 405
        clock.advance(86_400)
        assert "Request has expired." in session.get(url, timeout=5).text


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("127.0.0.1:9030", "http://127.0.0.1:9030/"),
        ("[::1]:80", "http://[::1]:80/"),
        ("dashscope.aliyuncs.com", "https://dashscope.aliyuncs.com/"),
        ('evil"/?', "https://dashscope.aliyuncs.com/"),
    ],
)
def test_urls_lead_to_where_the_caller_came_in(
    client: Client, clock: ManualClock, host: str, site: str
) -> None:
    task_id = ordered(client)
    clock.advance(30)
    response = client.call("GET", f"/tasks/{task_id}", headers={"Host": host})
    assert response.json()["output"]["results"][0]["url"].startswith(
        f"{site}portraits/{task_id}/1.jpg?Expires="
    )


def test_one_subject_is_always_the_same_person_and_each_image_another_pose() -> None:
    first = portraits.draw("someone", "f_idcard_male", 96, 128, 1)
    assert portraits.draw("someone", "f_idcard_male", 96, 128, 1) == first
    assert portraits.draw("someone", "f_idcard_male", 96, 128, 2) != first
    assert portraits.draw("somebody else", "f_idcard_male", 96, 128, 1) != first


@pytest.mark.parametrize(
    ("size", "fits"),
    [
        ((512, 512), True),
        ((1680, 1260), True),
        ((1260, 1680), True),
        ((511, 800), False),
        ((1681, 600), False),
        ((1400, 1300), False),
    ],
)
def test_a_template_has_sides_from_512_to_1680_by_1260(size: tuple[int, int], fits: bool) -> None:
    judged = portraits.template_size(encoded(Image.new("L", size), "PNG"))
    assert (judged == size) is fits
    assert isinstance(judged, Problem) is not fits


def test_templates_are_jpeg_or_png_of_at_most_5_mb() -> None:
    assert portraits.template_size(encoded(Image.new("L", (600, 600)), "WEBP")) == UNREADABLE
    heavy = portraits.template_size(bytes(5 * 1024**2 + 1))
    assert isinstance(heavy, Problem)
    assert heavy.code == "InvalidFile.Size"


def test_photos_of_the_person_are_at_most_3_mb_and_2048_pixels(photo: bytes) -> None:
    large = io.BytesIO()
    Image.new("RGB", (2049, 300)).save(large, "PNG")
    assert portraits.user_photos_problem([photo]) is None
    assert portraits.user_photos_problem([large.getvalue()]) == WRONG_RESOLUTION
    assert portraits.user_photos_problem([bytes(3 * 1024**2 + 1)]) == portraits.USER_PHOTO_TOO_LARGE
    assert portraits.user_photos_problem([b"", photo]) is None


def test_tasks_of_many_callers_run_one_after_the_other(
    studio: ModelStudio, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.generations_per_second = 100
    order = PortraitOrder(
        style="train_free_portrait_url_template",
        images=1,
        template_url="https://photos/template.png",
        user_urls=(PHOTO_URL,),
    )

    def submit() -> None:
        for _ in range(3):
            studio.portraits.submit(model="facechain-generation", order=order, request_id="r")

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock.advance(10_000)
    tasks = studio.portraits.ledger()
    assert len({task.task_id for task in tasks}) == 12
    assert {task.status for task in tasks} == {"SUCCEEDED"}
    spans = [(task.scheduled_at, task.ended_at) for task in tasks]
    assert [begin for begin, _ in spans[1:]] == [end for _, end in spans[:-1]]


def test_two_tasks_at_once_where_the_account_may(
    studio: ModelStudio, client: Client, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.concurrent_tasks = 2
    ordered(client)
    ordered(client)
    clock.advance(1)
    ordered(client)
    clock.advance(1)
    assert [task.status for task in studio.portraits.ledger()] == ["RUNNING", "RUNNING", "PENDING"]
