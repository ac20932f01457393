"""The examples for ``make up`` and for ROS in the page about the local cloud run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aliyun_local.samples import encoded, portrait
from local.endpoints import ENDPOINTS_FILE, published
from local.options import PORT_NAMES, Options
from local.packaging import ROOT
from local.stack import Stack

PAGE = (ROOT / "docs" / "local-cloud.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## A cloud that runs")[2].partition("\n## ")[0]
STACKS = PAGE.partition("\n## Deploy a stack")[2].partition("\n## ")[0]
SHELL = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
SET_VARIABLES = "set -a; . .local/endpoints.env; set +a\n"
# A proxy of the environment must not be asked for loopback addresses.
KEPT_VARIABLES = ("PATH", "HOME", "LANG")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("cloud")
    # The timer rests: nothing but the examples calls a function.
    options = Options(data=folder, ports=dict.fromkeys(PORT_NAMES, 0), tick_seconds=3600)
    with Stack(options) as running:
        yield running


@pytest.fixture
def folder(cloud: Stack, tmp_path: Path) -> Iterator[Path]:
    """A working folder as ``make up`` leaves it, with a photo in it."""
    (tmp_path / "photo.jpg").write_bytes(encoded(portrait(1, size=(320, 400))))
    with published(cloud.endpoints, tmp_path / ENDPOINTS_FILE):
        yield tmp_path


def run(command: str, folder: Path) -> str:
    """Run a shell command as a user would after the first line of the page's first example."""
    ran = subprocess.run(
        ["sh", "-eu", "-c", SET_VARIABLES + command],
        cwd=folder,
        env={name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def run_python(source: str, folder: Path) -> str:
    (folder / "example.py").write_text(source)
    return run(f"{sys.executable} -W ignore example.py", folder)


def test_the_first_example_sets_the_variables_and_the_transitions(cloud: Stack, folder: Path) -> None:
    assert SHELL[0].startswith(SET_VARIABLES)
    run(SHELL[0].removeprefix(SET_VARIABLES), folder)
    assert cloud.controls.transitions.as_json() == {"progression": "immediate"}
    cloud.controls.transitions.reset()


def test_oss2_and_curl_upload_a_photo(cloud: Stack, folder: Path) -> None:
    run_python(PYTHON[0], folder)
    run(SHELL[1], folder)
    photo = (folder / "photo.jpg").read_bytes()
    for key in ("people/lin/1.jpg", "people/lin/2.jpg"):
        assert cloud.objects.get(cloud.bucket, key)[1] == photo


@pytest.mark.parametrize("source", PYTHON[1:], ids=["fc2", "alibabacloud-fc20230330"])
def test_each_client_runs_reconcile(cloud: Stack, folder: Path, source: str) -> None:
    cloud.controls.forget_requests()
    answer = run_python(source, folder)
    assert '"errorMessage"' not in answer
    assert [(call.operation, call.status) for call in cloud.controls.requests("fc")] == [
        ("InvokeFunction", 200)
    ]
    assert any(
        line.startswith("FC Invoke End") for line in cloud.compute.logs(cloud.endpoints["FC_RECONCILE"])
    )


def test_every_shell_and_python_example_of_the_section_is_run_here() -> None:
    assert (len(SHELL), len(PYTHON)) == (2, 3)


def test_a_stack_is_deployed_to_an_empty_account(tmp_path: Path) -> None:
    (start,) = re.findall(r"```sh\n(.*?)```", STACKS, re.DOTALL)
    (deploy,) = re.findall(r"```python\n(.*?)```", STACKS, re.DOTALL)
    (tmp_path / "deploy.py").write_text(deploy)
    here = start.replace(".venv/bin/python", sys.executable)
    ran = subprocess.run(
        ["sh", "-c", f"{here}trap 'kill $!' EXIT\n{sys.executable} -W ignore deploy.py"],
        cwd=tmp_path,
        env={
            "PYTHONPATH": str(ROOT),
            **{name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert ran.stdout == "CREATE_COMPLETE\n", ran.stderr
