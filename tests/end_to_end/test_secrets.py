"""After a run with every kind of trouble, every store is searched for what must not be in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from local.wire import Fault, Response

from .support import LocalStudio, eventually, photo, running_studio, scenery


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("searched") / "cloud"


@pytest.fixture(scope="module")
def troubled(data: Path) -> Iterator[LocalStudio]:
    """A cloud on which everything went wrong once, with services that chatter about what they were sent."""
    with running_studio(data) as studio:
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
                studio.cloud.studio.fail_next("InvalidURL", f"cannot fetch {url} with Bearer {key}")
            studio.upload_portraits(person, 902 + number)
            studio.mark_ready(person)
        studio.wait_for("failed", "FAILED")
        studio.upload("rejected", "hills.jpg", scenery(1))
        studio.upload("rejected", "noise.jpg", b"noise")
        studio.wait_for("rejected", "REJECTED")
        dashscope.inject(Fault(operation="CreateFineTune", answer=chatter))
        studio.upload("queued", "1.jpg", photo(905))
        studio.mark_ready("queued")
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
        "the account's secret": troubled.endpoints["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].encode(),
        "the role's secret": troubled.cloud.keys.find(key_id, token).encode(),
        "the security token": token.encode(),
        "a V4 signature": b"x-oss-signature",
        "a V1 signature": b"Signature=",
        "a security token's parameter": b"security-token=",
        "an authorization header": b"OSS4-HMAC-SHA256",
    }


def found_in(content: bytes, forbidden: dict[str, bytes]) -> list[str]:
    lowered = content.lower()
    return [name for name, secret in forbidden.items() if secret.lower() in lowered]


def test_the_search_finds_what_it_looks_for(troubled: LocalStudio, forbidden: dict[str, bytes]) -> None:
    sent = json.dumps([entry.training_file_ids for entry in troubled.cloud.studio.ledger()]).encode()
    assert {"a V4 signature", "a security token's parameter"} <= set(found_in(sent, forbidden))


def test_no_function_logs_a_secret(troubled: LocalStudio, forbidden: dict[str, bytes]) -> None:
    for function in troubled.cloud.resources.functions:
        lines = troubled.logs(function)
        assert lines
        for line in lines:
            assert found_in(line.encode(), forbidden) == [], line


def test_no_row_holds_a_secret(troubled: LocalStudio, forbidden: dict[str, bytes]) -> None:
    rows = troubled.rows("jobs", "person_key", "revision") + troubled.rows("control", "name")
    assert {row["state"] for row in rows if "state" in row} >= {"SUCCEEDED", "FAILED", "REJECTED"}
    for row in rows:
        assert found_in(repr(row).encode(), forbidden) == [], row


def test_no_object_that_the_functions_write_holds_a_secret(
    troubled: LocalStudio, forbidden: dict[str, bytes]
) -> None:
    listed = [
        entry.key
        for prefix in ("results/", "submissions/")
        for entry in troubled.bucket.list_objects(prefix=prefix).object_list
    ]
    assert len(listed) >= 4
    for key in listed:
        assert found_in(troubled.bucket.get_object(key).read(), forbidden) == [], key


def test_no_answer_of_the_status_api_holds_a_secret(
    troubled: LocalStudio, forbidden: dict[str, bytes]
) -> None:
    paths = [f"/people/{person}" for person in ("adopted", "failed", "rejected", "queued", "nobody")]
    jobs = troubled.get("/jobs?limit=100").json()["jobs"]
    paths += [f"/jobs/{job['job_id']}" for job in jobs] + ["/jobs?limit=1", "/jobs?cursor=x", "/healthz", "/"]
    for path in paths:
        answer = troubled.get(path)
        shown = f"{answer.headers}\n{answer.text}".encode()
        assert found_in(shown, forbidden) == [], path


def test_reasons_are_still_worth_reading(troubled: LocalStudio) -> None:
    failed = troubled.person("failed")
    assert failed is not None
    reason = failed["current"]["reason"]
    assert reason["code"] == "InvalidURL"
    assert "people/blabbed/901.jpg?…" in reason["message"]


def test_no_file_of_functions_or_tables_holds_a_secret(
    troubled: LocalStudio, data: Path, forbidden: dict[str, bytes]
) -> None:
    files = [
        file
        for folder in ("function_compute", "tablestore", "oss")
        for file in (data / folder).rglob("*")
        if file.is_file()
    ]
    assert len(files) > 10
    for file in files:
        assert found_in(file.read_bytes(), forbidden) == [], file
