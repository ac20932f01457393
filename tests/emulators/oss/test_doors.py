"""The doors of OSS: what an account of today, an old one and a bound domain are answered at each of them."""

from __future__ import annotations

import base64
import email.utils
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import requests

from aliyun_local.clock import ManualClock
from aliyun_local.cloud import CloudOptions, LocalCloud
from aliyun_local.control import Target
from aliyun_local.credentials import AccessKeys
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.http.operations import OPERATIONS, Operation
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.samples import portrait
from aliyun_local.serving.destinations import PUBLIC_OSS
from aliyun_local.serving.wire import Response
from tests.emulators.dashscope.support import encoded
from tests.emulators.direct_requests import direct_request
from tests.emulators.oss.support import BUCKET

with warnings.catch_warnings():
    # oss2 2.19.1 has an invalid escape in a docstring, and Python 3.12 warns about it when it compiles it.
    warnings.simplefilter("ignore")
    import oss2

DOMAIN = "pictures.localhost"
FORBIDDEN = (400, "PublicEndpointForbidden")
AskPublicly = Callable[..., Response]


@pytest.fixture
def behaviour() -> OssBehaviour:
    return OssBehaviour()


@pytest.fixture
def ask_publicly(
    store: ObjectStore, keys: AccessKeys, clock: ManualClock, behaviour: OssBehaviour
) -> AskPublicly:
    service = OssService(store, keys, clock, behaviour=behaviour)

    def ask(
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        host: str = "127.0.0.1:9011",
    ) -> Response:
        request = direct_request(method, target, headers=headers, body=body, host=host)
        return service.handle(replace(request, endpoint=PUBLIC_OSS))

    return ask


def code_of(answer: Response) -> tuple[int, str | None]:
    body = answer.body or base64.b64decode(answer.headers.get("x-oss-err", ""))
    return answer.status, ElementTree.fromstring(body).findtext("Code") if body else None


def target_of(operation: Operation) -> str:
    path = {"service": "/", "bucket": f"/{BUCKET}/", "object": f"/{BUCKET}/a.jpg"}[operation.scope]
    return path + (f"?{operation.parameter}" if operation.parameter else "")


BUCKET_CALLS_ABOUT_DATA = {
    *("ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListLiveChannel"),
    *("DeleteMultipleObjects", "PostObject"),
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method}-{one.name}")
def test_of_all_operations_those_about_data_are_refused_to_everybody_and_no_other(
    ask_publicly: AskPublicly, operation: Operation
) -> None:
    headers = {operation.header: f"/{BUCKET}/b.jpg"} if operation.header else {}
    asked = (operation.method, target_of(operation), headers)
    is_about_data = operation.scope == "object" or operation.name in BUCKET_CALLS_ABOUT_DATA
    assert (code_of(ask_publicly(*asked)) == FORBIDDEN) == is_about_data
    signed_wrongly = {"Authorization": "OSS nobody:x", "Date": email.utils.formatdate(usegmt=True)}
    answer = ask_publicly(*asked[:2], {**headers, **signed_wrongly})
    assert (code_of(answer) == FORBIDDEN) == is_about_data


def test_an_object_operation_that_is_not_served_is_refused_at_the_door_too(ask_publicly: AskPublicly) -> None:
    assert code_of(ask_publicly("GET", f"/{BUCKET}/a.jpg?legalHold")) == FORBIDDEN
    assert code_of(ask_publicly("PUT", f"/{BUCKET}/a.jpg?x-oss-async-process&cors")) == FORBIDDEN


def test_a_missing_bucket_has_no_owner_and_is_told_first(ask_publicly: AskPublicly) -> None:
    assert code_of(ask_publicly("GET", "/no-such-bucket/a.jpg")) == (404, "NoSuchBucket")
    assert code_of(ask_publicly("GET", "/_/a.jpg")) == (400, "InvalidBucketName")


def test_both_ways_of_naming_a_bucket_are_refused(ask_publicly: AskPublicly) -> None:
    assert code_of(ask_publicly("GET", "/a.jpg", host=f"{BUCKET}.oss-cn-beijing.aliyuncs.com")) == FORBIDDEN
    assert code_of(ask_publicly("HEAD", f"/{BUCKET}/a.jpg")) == FORBIDDEN


def test_a_switch_makes_the_account_an_old_one_while_it_is_in_use(
    ask_publicly: AskPublicly, behaviour: OssBehaviour, store: ObjectStore
) -> None:
    store.set_bucket_acl(BUCKET, "public-read")
    store.put(BUCKET, "a.jpg", b"x")
    assert code_of(ask_publicly("GET", f"/{BUCKET}/a.jpg")) == FORBIDDEN
    behaviour.public_data_access = True
    assert ask_publicly("GET", f"/{BUCKET}/a.jpg").body == b"x"


@pytest.mark.parametrize("host", [DOMAIN, f"{DOMAIN}:9011", "Pictures.LOCALHOST", f"{DOMAIN}."])
def test_at_a_bound_domain_the_whole_path_is_the_key(
    ask_publicly: AskPublicly, behaviour: OssBehaviour, store: ObjectStore, host: str
) -> None:
    store.set_bucket_acl(BUCKET, "public-read")
    store.put(BUCKET, "people/lin/1.jpg", b"x")
    assert code_of(ask_publicly("GET", "/people/lin/1.jpg", host=host))[0] != 200
    behaviour.domains = {DOMAIN: BUCKET}
    assert ask_publicly("GET", "/people/lin/1.jpg", host=host).body == b"x"
    assert b"<Key>people/lin/1.jpg</Key>" in ask_publicly("GET", "/", host=host).body


def test_a_domain_is_bound_to_one_bucket_and_opens_no_other_host(
    ask_publicly: AskPublicly, behaviour: OssBehaviour
) -> None:
    behaviour.domains = {DOMAIN: BUCKET, "gone.example.com": "no-such-bucket"}
    assert code_of(ask_publicly("GET", f"/{BUCKET}/a.jpg")) == FORBIDDEN
    assert code_of(ask_publicly("GET", "/a.jpg", host=f"{BUCKET}.example.com")) == FORBIDDEN
    assert code_of(ask_publicly("GET", "/a.jpg", host="gone.example.com")) == (404, "NoSuchBucket")


# -- a whole cloud, with oss2 as its client --------------------------------------------------------------


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(CloudOptions(oss_behaviour=OssBehaviour(domains={DOMAIN: "photos"}))) as running:
        running.objects.create_bucket("photos")
        yield running


@pytest.fixture
def session() -> Iterator[oss2.Session]:
    made = oss2.Session()
    made.session.trust_env = False
    yield made
    made.session.close()


def bucket_of(cloud: LocalCloud, endpoint: str, session: oss2.Session) -> oss2.Bucket:
    auth = oss2.AuthV4(cloud.account.access_key_id, cloud.account.access_key_secret)
    return oss2.Bucket(auth, cloud.endpoints[endpoint], "photos", region="cn-beijing", session=session)


def test_a_put_object_through_the_public_door_of_today_is_answered_as_by_the_real_one(
    cloud: LocalCloud, session: oss2.Session
) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket_of(cloud, "OSS_PUBLIC_ENDPOINT", session).put_object("a.jpg", b"x")
    refused = raised.value
    assert (refused.status, refused.code) == FORBIDDEN
    assert refused.message == "Not allowed using the OSS public endpoint, please use CNAME instead."
    assert (refused.ec, refused.headers["x-oss-ec"]) == ("0048-00000401", "0048-00000401")
    assert refused.headers["Content-Type"] == "application/xml"
    assert refused.request_id == refused.headers["x-oss-request-id"] == refused.details["RequestId"]
    assert refused.details["HostId"] == cloud.url("oss_public").removeprefix("http://")
    assert refused.details["RecommendDoc"] == "https://api.aliyun.com/troubleshoot?q=0048-00000401"
    assert cloud.objects.list_objects("photos").rows == []


def test_a_large_upload_is_refused_at_its_head(cloud: LocalCloud, session: oss2.Session) -> None:
    with pytest.raises(oss2.exceptions.ServerError, match="PublicEndpointForbidden"):
        bucket_of(cloud, "OSS_PUBLIC_ENDPOINT", session).put_object("a.jpg", b"x" * (9 * 1024**2))


def test_the_two_doors_have_ports_of_their_own_and_one_request_log(
    cloud: LocalCloud, session: oss2.Session
) -> None:
    assert cloud.endpoints["OSS_ENDPOINT"] == cloud.url("oss") != cloud.url("oss_public")
    assert cloud.endpoints["OSS_PUBLIC_ENDPOINT"] == cloud.url("oss_public")
    inside, outside = (bucket_of(cloud, name, session) for name in ("OSS_ENDPOINT", "OSS_PUBLIC_ENDPOINT"))
    inside.put_object("a.jpg", b"x")
    assert outside.get_bucket_info().name == "photos"
    with pytest.raises(oss2.exceptions.ServerError, match="PublicEndpointForbidden"):
        outside.get_object("a.jpg")
    with pytest.raises(oss2.exceptions.ServerError, match="PublicEndpointForbidden"):
        outside.list_objects()
    logged = [(call.operation, call.status) for call in cloud.controls.requests("oss")]
    assert logged == [("PutObject", 200), ("GetBucketInfo", 200), ("GetObject", 400), ("ListObjects", 400)]


def bound_to_photos(cloud: LocalCloud, session: oss2.Session, auth: type = oss2.AuthV4) -> oss2.Bucket:
    port = cloud.url("oss_public").rpartition(":")[2]
    signer = auth(cloud.account.access_key_id, cloud.account.access_key_secret)
    where = (f"http://{DOMAIN}:{port}", "photos")
    return oss2.Bucket(signer, *where, is_cname=True, region="cn-beijing", session=session)


@pytest.mark.parametrize("auth", [oss2.AuthV4, oss2.Auth])
def test_a_signed_url_for_the_public_door_is_refused_and_one_for_a_bound_domain_is_good(
    cloud: LocalCloud, session: oss2.Session, auth: type
) -> None:
    bucket_of(cloud, "OSS_ENDPOINT", session).put_object("王/a.jpg", b"x")
    url = bucket_of(cloud, "OSS_PUBLIC_ENDPOINT", session).sign_url("GET", "王/a.jpg", 60)
    assert session.session.get(url, timeout=5).status_code == 400
    url = bound_to_photos(cloud, session, auth).sign_url("GET", "王/a.jpg", 60)
    # No resolver is asked: the address is that of the door, and the host is named beside it.
    host = urlsplit(url).netloc
    url = url.replace(f"http://{host}", cloud.url("oss_public"))
    assert session.session.get(url, headers={"Host": host}, timeout=5).content == b"x"
    wrong = session.session.get(url.replace("a.jpg", "b.jpg"), headers={"Host": host}, timeout=5)
    assert (wrong.status_code, "SignatureDoesNotMatch" in wrong.text) == (403, True)


@pytest.mark.parametrize(
    ("door", "is_old", "is_downloaded"),
    [
        ("OSS_ENDPOINT", False, False),
        ("OSS_ENDPOINT", True, False),
        ("OSS_PUBLIC_ENDPOINT", False, False),
        ("OSS_PUBLIC_ENDPOINT", True, True),
        (DOMAIN, False, True),
    ],
)
def test_dashscope_downloads_through_public_doors_only(
    cloud: LocalCloud, session: oss2.Session, door: str, is_old: bool, is_downloaded: bool
) -> None:
    cloud.oss_behaviour.public_data_access = is_old
    inside = bucket_of(cloud, "OSS_ENDPOINT", session)
    inside.put_object("a.jpg", encoded(portrait(1, size=(320, 400))))
    chosen = bound_to_photos(cloud, session) if door == DOMAIN else bucket_of(cloud, door, session)
    answer = requests.post(
        f"{cloud.endpoints['DASHSCOPE_HTTP_BASE_URL']}/services/vision/facedetection/detect",
        headers={"Authorization": f"Bearer {cloud.endpoints['DASHSCOPE_API_KEY']}"},
        json={
            "model": "facechain-facedetect",
            "input": {"images": [chosen.sign_url("GET", "a.jpg", 60)]},
            "parameters": {},
        },
        timeout=10,
    )
    if is_downloaded:
        assert answer.json()["output"]["is_face"] == [True]
    else:
        assert answer.json()["code"] == "InvalidParameter.DataInspection"
        assert "Unable to download" in answer.json()["message"]


def test_the_controls_answer_at_both_doors_and_not_at_a_bound_domain(cloud: LocalCloud) -> None:
    for door in ("oss", "oss_public"):
        url = f"{cloud.url(door)}/_control/requests"
        assert requests.get(url, timeout=5).json()["requests"] == []
    url = f"{cloud.url('oss_public')}/_control/requests"
    assert requests.get(url, headers={"Host": DOMAIN}, timeout=5).status_code == 403


def test_a_fault_for_an_object_strikes_at_a_bound_domain(cloud: LocalCloud) -> None:
    cloud.objects.put("photos", "a.jpg", b"x")
    target = Target(bucket="photos", key="a.jpg")
    cloud.controls.faults.error("oss", "GetObject", code="InternalError", on=target)
    url = f"{cloud.url('oss_public')}/a.jpg"
    answer = requests.get(url, headers={"Host": DOMAIN}, timeout=5)
    assert (answer.status_code, "InternalError" in answer.text) == (500, True)


def test_a_reset_brings_the_first_switches_back(cloud: LocalCloud) -> None:
    cloud.oss_behaviour.public_data_access = True
    cloud.oss_behaviour.domains = {}
    cloud.reset()
    assert cloud.oss_behaviour == OssBehaviour(domains={DOMAIN: "photos"})
