"""The functions run from the zip that a deployment uploads, on the libraries that Function Compute has."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local.packaging import ROOT
from local.runtimes import RUNTIME_LIBRARIES

from .support import COLLECT, STATUS, LocalStudio
from .up import environment, run_local

# What Function Compute, "Python runtime", lists for python3.10; oss2 is too old there and comes with the zip.
RUNTIME_VERSIONS = {"tablestore": "5.4.1", "requests": "2.28.1"}


@pytest.fixture
def code(studio: LocalStudio) -> Path:
    return studio.cloud.code


def test_the_code_of_the_functions_is_the_product_with_three_libraries_and_nothing_else(code: Path) -> None:
    assert {entry.name for entry in code.iterdir()} == {"functions", "shared", "oss2", "jinja2", "markupsafe"}
    kinds = {file.suffix for file in code.rglob("*") if file.is_file()}
    assert kinds == {".py", ".pyc", ".css", ".js"}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_an_instance_sees_the_runtimes_libraries_and_not_the_ones_of_this_checkout(
    studio: LocalStudio, code: Path
) -> None:
    studio.upload_portraits("probe", 1)
    studio.wait_until_trained("probe")
    for function in (COLLECT, STATUS):
        process = Path(f"/proc/{studio.cloud.compute.instances(function)[0].process_id}")
        command = (process / "cmdline").read_text().split("\0")
        variables = (process / "environ").read_text().split("\0")
        assert "-S" in command
        own = (process / "cwd").resolve()
        assert {path.name for path in own.iterdir()} - {"__pycache__"} == {"index.py"}
        assert f"PYTHONPATH={RUNTIME_LIBRARIES.resolve()}" in variables
        site_packages = Path(sys.prefix).resolve() / "lib"
        assert str(site_packages) not in (process / "maps").read_text()


def test_only_the_functions_that_train_are_given_the_key(studio: LocalStudio) -> None:
    functions = studio.cloud.resources.functions
    given = {name for name, function in functions.items() if "DASHSCOPE_API_KEY" in function.environment}
    assert given == set(functions) - {STATUS}


def test_the_libraries_that_the_functions_run_on_are_those_of_the_cloud(code: Path) -> None:
    program = (
        "import functions.collect, shared.clients.rows, shared.clients.photo_bucket, importlib.metadata\n"
    )
    program += f"for name in {list(RUNTIME_VERSIONS)}: print(name, importlib.metadata.version(name))\n"
    program += "import oss2; print('oss2', oss2.__version__, oss2.__file__)\n"
    program += "try:\n    import aliyun_local\nexcept ModuleNotFoundError:\n    print('no local cloud')\n"
    ran = subprocess.run(
        [sys.executable, "-S", "-W", "ignore", "-c", program],
        cwd=code,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(RUNTIME_LIBRARIES)},
        capture_output=True,
        text=True,
        check=True,
    )
    *versions, oss2_line, last = ran.stdout.strip().splitlines()
    assert dict(line.split() for line in versions) == RUNTIME_VERSIONS
    assert oss2_line == f"oss2 2.19.1 {code.resolve() / 'oss2' / '__init__.py'}"
    assert last == "no local cloud"


def test_the_package_command_writes_the_zip_and_the_same_one_every_time(tmp_path: Path) -> None:
    env = environment(tmp_path / "data")
    first = run_local("package", "--folder", str(tmp_path / "dist"), cwd=tmp_path, env=env)
    assert first.returncode == 0, first.stderr
    (path,) = (tmp_path / "dist").glob("*.zip")
    beside = {f"{path.stem}.cdx.json", f"{path.stem}.licenses.txt"}
    assert str(path) in first.stdout
    assert f"{path.stat().st_size:,} bytes" in first.stdout
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert {f"python/functions/{name}.py" for name in ("collect", "reconcile", "status")} <= set(names)
    assert {name.split("/")[0] for name in names} == {"python"}
    assert {name.split("/")[1] for name in names} == {
        "functions",
        "shared",
        "oss2",
        "jinja2",
        "markupsafe",
    }
    content = path.read_bytes()
    again = run_local("package", cwd=tmp_path, env=env)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "dist" / path.name).read_bytes() == content
    assert {file.name for file in (tmp_path / "dist").iterdir()} == {path.name, *beside}
    assert str(ROOT).encode() not in content
