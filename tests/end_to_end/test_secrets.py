"""After a run with every kind of trouble, every store is searched for what must not be in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from aliyun_local.serving.wire import Fault, Response

from .support import LocalStudio, eventually, photo, running_studio, scenery

pytestmark = pytest.mark.xdist_group("a searched cloud")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("searched") / "cloud"


@pytest.fixture(scope="module")
def troubled(data: Path) -> Iterator[LocalStudio]:
    """A cloud on which everything went wrong once, with services that chatter about what they were sent."""
    with running_studio(data, oss_account="old") as studio:
        key = studio.endpoints["DASHSCOPE_API_KEY"]
        # Error texts of services quote what they were given: URLs with their signatures, keys, headers.
        url = studio.bucket.sign_url("GET", "people/blabbed/901.jpg", 600, slash_safe=True)
        telltale = {"code": "InvalidURL", "message": f"cannot fetch {url} with Bearer {key}"}
        chatter = Response(status=400, body=json.dumps(telltale).encode())
        dashscope, oss = studio.cloud.fronts["dashscope"], studio.cloud.fronts["oss"]
        dashscope.inject(
            Fault(operation="DetectFaces", answer=chatter),
            Fault(operation="DetectFaces", drop=True),
            Fault(operation="CreateFineTune", drop=True, after_effect=True),
            Fault(operation="GetFineTune", answer=chatter),
        )
        oss.inject(
            Fault(operation="HeadObject", answer=Response(status=503)),
            Fault(operation="PutObject", drop=True, when=lambda request: "results/" in request.path),
        )
        for number, person in enumerate(("adopted", "failed")):
            if person == "failed":
                studio.wait_until_trained("adopted")
                studio.cloud.studio.fail_next("InvalidURL", f"cannot fetch {url} with Bearer {key}", times=2)
            studio.upload_portraits(person, 902 + number)
            studio.mark_ready(person)
        studio.wait_for("failed", "FAILED")
        studio.upload("rejected", "hills.jpg", scenery(1))
        studio.upload("rejected", "noise.jpg", b"noise")
        studio.wait_for("rejected", "REJECTED")
        # Two sets that are refused alike halt the queue, and the reason is shown to everybody.
        dashscope.inject(Fault(operation="CreateFineTune", answer=chatter, times=None))
        for number, person in enumerate(("queued", "queued as well")):
            studio.upload(person, "1.jpg", photo(905 + number))
            studio.mark_ready(person)
        eventually(
            lambda: (found := studio.person("queued")) and (found["queue"] or {}).get("waiting_because")
        )
        studio.result("adopted")
        studio.result("failed")
        yield studio


@pytest.fixture
def forbidden(troubled: LocalStudio) -> dict[str, bytes]:
    """What must be nowhere, by name."""
    # The URLs that DashScope was given are signed with what the functions' role was given.
    url = troubled.cloud.studio.ledger()[0].training_file_ids[0]
    query = dict(parse_qsl(urlsplit(url).query))
    token = query["x-oss-security-token"]
    key_id = query["x-oss-credential"].partition("/")[0]
    return {
        "the API key": troubled.endpoints["DASHSCOPE_API_KEY"].encode(),
        "the status token": troubled.endpoints["STATUS_TOKEN"].encode(),
        "the admin token": troubled.endpoints["ADMIN_TOKEN"].encode(),
        "the account's secret": troubled.endpoints["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].encode(),
        "the role's secret": troubled.cloud.keys.find(key_id, token).encode(),
        # Up to where it reads the same in a URL and out of one.
        "the security token": token.partition("=")[0].encode(),
        "a V4 signature": b"x-oss-signature",
        "a V1 signature": b"Signature=",
        "a security token's parameter": b"security-token=",
        "an authorization header": b"OSS4-HMAC-SHA256",
    }


def found_in(content: bytes, forbidden: dict[str, bytes]) -> list[str]:
    lowered = content.lower()
    return [name for name, secret in forbidden.items() if secret.lower() in lowered]


def places(studio: LocalStudio, data: Path) -> Iterator[tuple[str, bytes]]:
    """Yield everything that the product has written or said, each with where that was."""
    for function in studio.cloud.resources.functions:
        yield from ((f"a log line of {function}", line.encode()) for line in studio.logs(function))
    for row in studio.rows("jobs", "person_key", "revision") + studio.rows("control", "name"):
        yield f"a row: {row}", repr(row).encode()
    for prefix in ("results/", "submissions/"):
        for entry in studio.bucket.list_objects(prefix=prefix).object_list:
            yield entry.key, studio.bucket.get_object(entry.key).read()
    jobs = studio.get("/jobs?limit=100").json()["jobs"]
    paths = [f"/people/{person}" for person in ("adopted", "failed", "rejected", "queued", "nobody")]
    paths += [f"/jobs/{job['job_id']}" for job in jobs] + ["/jobs?limit=1", "/jobs?cursor=x", "/healthz", "/"]
    paths += ["/readyz", "/ignored"]
    for path in paths:
        answer = studio.get(path)
        yield f"GET {path}", f"{answer.headers}\n{answer.text}".encode()
    for folder in ("function_compute", "tablestore", "oss"):
        for file in (data / folder).rglob("*"):
            if file.is_file():
                yield str(file), file.read_bytes()


def test_no_log_row_object_answer_or_file_holds_a_secret(
    troubled: LocalStudio, data: Path, forbidden: dict[str, bytes]
) -> None:
    # The search finds what it looks for where that must be: in what DashScope was sent.
    sent = json.dumps([entry.training_file_ids for entry in troubled.cloud.studio.ledger()]).encode()
    assert {"a V4 signature", "the security token", "a security token's parameter"} <= set(
        found_in(sent, forbidden)
    )
    searched = list(places(troubled, data))
    states = {row.get("state") for row in troubled.rows("jobs", "person_key", "revision")}
    assert states >= {"SUCCEEDED", "FAILED", "REJECTED", "QUEUED"}
    assert len(searched) > 50
    leaks = {place: found for place, content in searched if (found := found_in(content, forbidden))}
    assert leaks == {}
    # And what is left of the services' words is still worth reading.
    failed = troubled.person("failed")
    assert failed is not None
    reason = failed["current"]["reason"]
    assert reason["code"] == "InvalidURL"
    assert "people/blabbed/901.jpg?…" in reason["message"]
