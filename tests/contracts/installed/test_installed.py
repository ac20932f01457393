"""aliyun-local as its users get it: from the built wheel, in an environment without this repository."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aliyun_local.version import VERSION
from local.installation import LISTS, LOCKED, PIP
from local.packaging import ROOT

USES = """
import oss2
import pytest
import requests

from aliyun_local import mock_aliyun as mocked

URL = "https://dashscope.aliyuncs.com/api/v1/fine-tunes"


def status(key):
    return requests.get(URL, headers={"Authorization": f"Bearer {key}"}).status_code


@mocked(api_keys=["sk-mine"])
def test_the_decorator():
    assert (status("sk-mine"), status("sk-other")) == (200, 401)


def test_the_fixture_needs_no_conftest(mock_aliyun):
    auth, endpoint = oss2.AuthV4("id", "secret"), "https://oss-cn-beijing-internal.aliyuncs.com"
    bucket = oss2.Bucket(auth, endpoint, "photos", region="cn-beijing")
    bucket.create_bucket()
    bucket.put_object("a", b"x")
    assert [row.key for row in mock_aliyun.oss.list_objects("photos").rows] == ["a"]
    bucket.session.session.close()
"""
TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Word: {Type: String}
Resources:
  Web:
    Type: ALIYUN::FC3::Function
    Properties:
      FunctionName: web
      Handler: index.handler
      Runtime: python3.10
      EnvironmentVariables: {WORD: {Ref: Word}}
  Url:
    Type: ALIYUN::FC3::Trigger
    Properties:
      FunctionName: {'Fn::GetAtt': [Web, FunctionName]}
      TriggerName: url
      TriggerType: http
      TriggerConfig: '{"authType": "anonymous", "methods": ["GET"]}'
"""
CODE = """
import os
def handler(event, context):
    return {"statusCode": 200, "body": os.environ["WORD"]}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Built by the hatchling of the locked lists: an isolated build would fetch one without a hash.
    wheel = ["-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, *wheel, "-w", str(folder), str(ROOT / "aliyun_local")], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment with the wheel and what its users have beside it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), *PIP, "--quiet"]
    for name in ("build", "aliyun-local"):
        subprocess.run([*pip, *LOCKED, "-r", str(LISTS / f"{name}.txt")], check=True)
    subprocess.run([*pip, "--no-index", "--no-deps", str(wheel)], check=True)
    # The list was made from the wheel's requirements; the wheel itself says whether it has all of them.
    subprocess.run([pip[0], "-m", "pip", "check"], check=True)
    return folder / "bin"


def environment(bin_folder: Path) -> dict[str, str]:
    return {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}", "HOME": str(bin_folder)}


@contextmanager
def running(bin_folder: Path, *arguments: str, cwd: Path) -> Iterator[dict[str, str]]:
    """Run the command ``aliyun-local``; yields the endpoints that it prints."""
    command = [str(bin_folder / "aliyun-local"), *arguments]
    with subprocess.Popen(
        command, cwd=cwd, env=environment(bin_folder), stdout=subprocess.PIPE, text=True
    ) as one:
        assert one.stdout is not None
        endpoints = {}
        for line in one.stdout:
            if line.startswith("# ready"):
                break
            name, _, value = line.strip().partition("=")
            endpoints[name] = value
        yield endpoints
        one.send_signal(signal.SIGINT)
        assert one.wait(30) == 0


def ask(bin_folder: Path, script: str, cwd: Path, endpoints: dict[str, str]) -> str:
    ran = subprocess.run(
        [str(bin_folder / "python"), "-W", "ignore", "-c", script],
        cwd=cwd,
        env={**environment(bin_folder), **endpoints},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def test_the_wheel_holds_the_package_and_nothing_of_the_product(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {"aliyun_local", f"aliyun_local-{VERSION}.dist-info"}
    assert {"aliyun_local/py.typed", "aliyun_local/COVERAGE.md"} <= set(names)
    packaged = {name for name in names if name.endswith(".py")}
    assert packaged == {f"{path.relative_to(ROOT)}" for path in (ROOT / "aliyun_local").rglob("*.py")}


def test_the_decorator_and_the_fixture_work_without_a_conftest(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_uses.py").write_text(USES)
    ran = subprocess.run(
        [str(installed / "python"), "-m", "pytest", "-q", "-W", "ignore", "test_uses.py"],
        cwd=tmp_path,
        env=environment(installed),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr


PUT = """
import os, oss2
auth = oss2.AuthV4(os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
bucket = oss2.Bucket(auth, os.environ["OSS_ENDPOINT"], "photos", region=os.environ["OSS_REGION"])
"""


def test_the_command_starts_an_empty_cloud_whose_state_a_folder_keeps(
    installed: Path, tmp_path: Path
) -> None:
    with running(installed, "--data", "data", cwd=tmp_path) as endpoints:
        ask(installed, PUT + "bucket.create_bucket(); bucket.put_object('a', b'kept')", tmp_path, endpoints)
    with running(installed, "--data", "data", cwd=tmp_path) as endpoints:
        assert ask(installed, PUT + "print(bucket.get_object('a').read())", tmp_path, endpoints) == "b'kept'"


def test_the_command_deploys_a_template_with_code_and_parameters(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "template.yml").write_text(TEMPLATE)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "index.py").write_text(CODE)
    arguments = ("--template", "template.yml", "--code", "code", "--parameter", "Word=at {oss}")
    with running(installed, *arguments, cwd=tmp_path) as endpoints:
        script = "import os, requests; print(requests.get(os.environ['HTTP_TRIGGER_URL']).text)"
        assert ask(installed, script, tmp_path, endpoints) == f"at {endpoints['OSS_ENDPOINT']}"


def test_the_command_says_its_version_and_refuses_what_it_cannot_do(installed: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(installed / "aliyun-local"), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    assert run("--version").stdout == f"aliyun-local {VERSION}\n"
    for arguments, words in (
        (("--parameter", "A=1"), "need --template"),
        (("--template", "missing.yml"), "missing.yml"),
        (("--port", "oss=99999"), "0 to 65535"),
        (("--port", "s3=1"), "must be one of oss"),
    ):
        refused = run(*arguments)
        assert refused.returncode == 2
        assert words in refused.stderr
        assert "Traceback" not in refused.stderr


def test_its_dependencies_are_those_of_the_local_extra_of_the_repository() -> None:
    own, root = (
        set(re.findall(r'^    "(.+?)",', (ROOT / name).read_text("utf-8"), re.MULTILINE))
        for name in ("aliyun_local/pyproject.toml", "pyproject.toml")
    )
    needed = {requirement for requirement in own if re.search(r"[<>=]", requirement)}
    assert len(needed) >= 5
    assert needed <= root
