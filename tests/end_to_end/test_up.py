"""``python -m local up`` as people use it: what it says, uploads beside it, and its end."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from .support import eventually, photo, scenery
from .up import Up, environment, run_local


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    made = Up(tmp_path)
    yield made
    made.close()


def said(up: Up, pattern: str) -> str:
    """Wait until the output has ``pattern``, and return the output."""

    def found() -> str:
        text = up.output.read_text()
        return text if re.search(pattern, text) else ""

    return eventually(found, why=up.output.read_text)


def test_without_a_terminal_each_change_is_one_short_line(up: Up) -> None:
    studio = up.start()
    studio.upload("obama", "1.jpg", photo(151))
    studio.upload("obama", ".hidden.jpg", photo(152))
    studio.mark_ready("obama")
    text = said(up, r"obama: SUCCEEDED \(1 of 1 usable\): facechain-finetune-ft-")
    assert re.search(r"^\d\d:\d\d:\d\d  obama: SUCCEEDED", text, re.MULTILINE)
    assert "upload ignored: people/obama/.hidden.jpg: it is hidden" in text
    assert "[INFO]" not in text
    assert "nobody can be trained now" not in text
    assert up.interrupt() == 0
    assert up.output.read_text().endswith("\nStopping.\n")
    # The next start tells of those who are there in one line.
    up.start()
    text = said(up, "  1 person: 1 SUCCEEDED\n")
    assert text.count("obama: SUCCEEDED") == 1


def test_what_is_in_everybodys_way_is_said_once_with_the_remedy_and_so_is_its_end(up: Up) -> None:
    studio = up.start()
    controls = studio.endpoints["DASHSCOPE_HTTP_BASE_URL"].removesuffix("/api/v1") + "/_control/faults"
    refusal = {"status": 401, "code": "InvalidApiKey", "message": "Invalid API-key provided.", "times": None}
    fault = {"service": "dashscope", "operation": "DetectFaces", **refusal}
    assert requests.post(controls, json=fault, timeout=30).status_code == 200
    studio.upload("maria", "1.jpg", photo(157))
    said(up, "nobody can be trained now: DashScope does not accept the API key. Make a key")
    requests.delete(controls, timeout=30)
    studio.probe()
    until_mended, _, _ = said(up, "nothing is in the way any more").partition(
        "nothing is in the way any more"
    )
    assert until_mended.count("DashScope does not accept the API key") == 1


def test_its_start_says_how_to_upload_and_where_everything_answers(up: Up) -> None:
    studio = up.start()
    text = said(up, "ready: .local/endpoints.env is written")
    for name in ("STATUS_URL", "OSS_ENDPOINT", "OSS_BUCKET", "FC_COLLECT", "FC_RECONCILE", "FC_STATUS"):
        assert studio.endpoints[name] in text
    named = set(re.findall(r'\$([A-Z_]+)|env\["([A-Z_]+)"\]', text))
    assert {one or other for one, other in named} <= set(studio.endpoints)
    # What is pasted works: the snippet that uploads with oss2.
    snippet = text.split("<<'END'\n")[1].split("\nEND\n")[0]
    (up.folder / "photo1.jpg").write_bytes(photo(153))
    script = up.folder / "snippet.py"
    script.write_text(snippet)
    upload = run_script(up, script)
    assert upload == (0, "")
    assert studio.bucket.get_object("people/maria/photo1.jpg").read() == photo(153)


def run_script(up: Up, script: Path) -> tuple[int, str]:
    endpoints = dict(line.split("=", 1) for line in up.endpoints_file.read_text().splitlines())
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        cwd=up.folder,
        env={**up.environment, **endpoints},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return ended.returncode, ended.stderr


def test_the_log_is_shown_instead_when_it_is_asked_for(up: Up) -> None:
    up.arguments = ("up", "--log")
    studio = up.start()
    studio.upload("nobody", "hills.jpg", scenery(6))
    said(up, r'collect    .* \[INFO\] \{"event": "photo_recorded", "person": "nobody"')
    assert up.interrupt() == 0


def test_photos_are_uploaded_by_a_command_beside_it(up: Up) -> None:
    studio = up.start()
    (up.folder / "one.jpg").write_bytes(photo(154))
    ended = run_local("upload", "王芳", "one.jpg", "--ready", cwd=up.folder, env=up.environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "one.jpg -> oss://facechain-photos/people/王芳/one.jpg\n"
    assert studio.wait_until_trained("王芳")["current"]["closed_by"] == "marker"
    signed = run_local("sign", "王芳", "two.jpg", cwd=up.folder, env=up.environment)
    answer = requests.put(signed.stdout.strip(), data=photo(155), timeout=30)
    assert answer.status_code == 200
    assert studio.bucket.get_object("people/王芳/two.jpg").read() == photo(155)


@pytest.mark.parametrize(
    ("person", "file", "words"),
    [
        (".x", "one.jpg", "people/.x/one.jpg would be ignored: the person's name starts with"),
        ("anna", ".one.jpg", "people/anna/.one.jpg would be ignored: it is hidden"),
        ("anna", "missing.jpg", "missing.jpg"),
    ],
)
def test_an_upload_that_would_come_to_nothing_is_refused(up: Up, person: str, file: str, words: str) -> None:
    studio = up.start()
    for name in ("one.jpg", ".one.jpg"):
        (up.folder / name).write_bytes(photo(156))
    ended = run_local("upload", person, file, cwd=up.folder, env=up.environment)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert studio.bucket.list_objects().object_list == []


@pytest.mark.parametrize("arguments", [("upload", "anna", "one.jpg"), ("sign", "anna", "one.jpg")])
def test_an_upload_without_a_local_cloud_says_to_start_one(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    ended = run_local(*arguments, cwd=tmp_path, env=environment(tmp_path / "data"))
    assert ended.returncode == 2
    assert "start it with 'make up'" in ended.stderr
