"""A person asks what is held about them: an administrator gets it as one zip, on every kind of account."""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote, urlsplit

import pytest
import requests

from local.stages.context import Context
from local.stages.exporting import export
from local.stages.output import Output
from local.stages.status_api import StatusApi

from .support import LocalStudio, eventually, photo

pytestmark = pytest.mark.timeout(900)
"""For a hang, not for speed."""
BIG = 9 * 1024 * 1024


def path_of(person: str) -> str:
    return f"/people/{quote(person)}/export"


def get(studio: LocalStudio, person: str, **options: Any) -> requests.Response:
    options.setdefault("allow_redirects", False)
    return studio.get(path_of(person), token=studio.endpoints["ADMIN_TOKEN"], **options)


def ready(studio: LocalStudio, person: str, **options: Any) -> requests.Response:
    """Make the one call until the zip is there."""

    def answer() -> requests.Response | None:
        given = get(studio, person, **options)
        assert given.status_code in (200, 202, 206, 303, 409), given.text
        return given if given.status_code != 202 else None

    return eventually(answer, 300)


def context_of(studio: LocalStudio) -> Context:
    """What the operator's command needs, for the cloud that runs here."""
    api = StatusApi(studio.endpoints["STATUS_URL"], studio.endpoints["ADMIN_TOKEN"], is_local=True)
    studio.sessions.append(api._session)
    made = SimpleNamespace(
        name="dev",
        output=Output(err=io.StringIO()),
        needed_stack=lambda: None,
        status_api=lambda _: api,
        sleep=lambda _: time.sleep(0.5),
        monotonic=time.monotonic,
    )
    return cast(Context, made)


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def check(files: dict[str, bytes], studio: LocalStudio, person: str) -> None:
    """Hold the zip against what was uploaded, and its files against its own manifest."""
    assert files["uploads/1.jpg"] == photo(1)
    manifest = json.loads(files["manifest.json"])
    assert manifest["left_out"] == []
    for one in manifest["files"]:
        content = files[one["name"]]
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["size"], one["sha256"])
    job_id = studio.document(person)["current"]["job_id"]
    assert json.loads(files[f"jobs/{job_id}.json"])["state"] == "SUCCEEDED"
    assert json.loads(files["results/1.json"])["person_id"] == person
    fine_tunes = json.loads(files["dashscope.json"])["fine_tunes"]
    assert [one["fine_tune_id"] for one in fine_tunes] == studio.fine_tunes_of(job_id)
    text = b"\n".join(content for name, content in files.items() if name.endswith((".json", ".txt")))
    for name in ("DASHSCOPE_API_KEY", "ADMIN_TOKEN", "STATUS_TOKEN", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        assert studio.endpoints[name].encode() not in text, name
    assert b"signature=" not in text.lower()


def test_in_an_account_of_today_the_operators_command_fetches_the_zip_in_parts(
    studio: LocalStudio, tmp_path: Path
) -> None:
    person = "导出 李雷"
    studio.upload_portraits(person, 1)
    # No photo, and yet the person's: it is too large to go through the function at once.
    studio.upload(person, "film.mov", noise := os.urandom(BIG))
    studio.mark_ready(person)
    studio.wait_until_trained(person, seconds=300)
    path = tmp_path / "maria.zip"
    exported = export(context_of(studio), person, path)
    assert path.stat().st_mode & 0o077 == 0, "nobody else may read it"
    assert (exported.left_out, exported.size) == ([], path.stat().st_size)
    assert exported.size > BIG
    files = files_of(path.read_bytes())
    check(files, studio, person)
    assert files["uploads/film.mov"] == noise
    refused = get(studio, person)
    assert (refused.status_code, refused.json()["code"]) == (409, "only_in_parts")


def test_in_an_account_from_before_one_call_leads_to_the_zip(url_studio: LocalStudio) -> None:
    person = "exported"
    url_studio.upload_portraits(person, 1)
    url_studio.mark_ready(person)
    url_studio.wait_until_trained(person, seconds=300)
    answer = ready(url_studio, person)
    assert answer.status_code == 303
    location = answer.headers["Location"]
    assert urlsplit(location).netloc == urlsplit(url_studio.cloud.url("oss_public")).netloc
    assert location not in answer.text
    # Whoever has the URL needs nothing else.
    with requests.Session() as anybody:
        anybody.trust_env = False
        fetched = anybody.get(location, timeout=30)
    assert fetched.status_code == 200
    assert fetched.headers["Content-Disposition"].startswith("attachment; filename=")
    check(files_of(fetched.content), url_studio, person)
    for function in ("facechain-autotrain-status", "facechain-autotrain-reconcile"):
        assert not [line for line in url_studio.logs(function) if "x-oss-signature" in line.lower()]


@pytest.mark.parametrize("token", ["STATUS_TOKEN", "DASHSCOPE_API_KEY"])
def test_nobody_but_an_administrator_gets_it(studio: LocalStudio, token: str) -> None:
    answer = studio.get(path_of("whoever"), token=studio.endpoints[token], allow_redirects=False)
    assert answer.status_code in (401, 403)


def test_of_somebody_of_whom_nothing_is_held_that_is_said(studio: LocalStudio) -> None:
    def said() -> dict[str, Any] | None:
        answer = get(studio, "nobody at all")
        return answer.json() if answer.status_code == 404 else None

    assert eventually(said, 300)["code"] == "nothing_held"


def test_nothing_of_an_export_survives_an_erasure(fresh_studio: LocalStudio) -> None:
    person = "erased"
    fresh_studio.upload_portraits(person, 1)
    fresh_studio.mark_ready(person)
    fresh_studio.wait_until_trained(person, seconds=300)
    ready(fresh_studio, person, headers={"Range": "bytes=0-0"})
    prefix = "exports/"
    keys = [one.key for one in fresh_studio.bucket.list_objects(prefix=prefix).object_list]
    assert [key for key in keys if key.endswith(".zip")]
    # Somebody has begun one more, which a run did not bring to its end.
    fresh_studio.bucket.init_multipart_upload(keys[0].replace(".zip", "-2.zip"))
    asked = fresh_studio.get(
        f"/people/{person}", method="DELETE", token=fresh_studio.endpoints["ADMIN_TOKEN"]
    )
    assert asked.status_code == 202, asked.text

    def is_gone() -> bool:
        objects = fresh_studio.bucket.list_objects(prefix=prefix).object_list
        return not objects and not fresh_studio.bucket.list_multipart_uploads(prefix=prefix).upload_list

    eventually(is_gone, 300)
