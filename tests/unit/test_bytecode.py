"""The zip's bytecode: made by the runtime's Python, the same each time, and what is run."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from aliyun_local.template import Template
from local.bytecode import bytecode_of, find_python
from local.packaging import ROOT, build_package
from local.runtimes import DEFAULT_RUNTIME

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
SOURCES = [
    ("shared/__init__.py", b""),
    (
        "shared/lists.py",
        b"KNOWN = {'one', 'two', 'three', 'four'}\ndef is_known(it): return it in {'a', 'b', 'c', 'd'}\n",
    ),
    ("shared/fails.py", b"def fail():\n    raise ValueError\n"),
]


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The modules with their bytecode, and nothing else that Python could run."""
    made = bytecode_of(SOURCES, Path(sys.executable))
    for name, content in (*SOURCES, *made.items()):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


def test_what_is_packed_is_what_runs_whatever_times_the_files_have(unpacked: Path) -> None:
    (unpacked / "shared" / "lists.py").write_text("raise SystemExit('the source was compiled')")
    done = run("from shared.lists import is_known; print(is_known('a'))", unpacked)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_nothing_of_this_machine_is_in_it_and_tracebacks_name_the_files_as_they_lie(
    unpacked: Path,
) -> None:
    contents = [path.read_bytes() for path in unpacked.rglob("*.pyc")]
    assert len(contents) == len(SOURCES)
    assert not any(tempfile.gettempdir().encode() in content for content in contents)
    failed = run("import shared.fails as it; it.fail()", unpacked).stderr
    assert f'File "{unpacked}/shared/fails.py", line 2' in failed


def test_the_same_modules_give_the_same_bytes_each_time() -> None:
    python = Path(sys.executable)
    first = bytecode_of(SOURCES, python)
    assert set(first) == {
        f"shared/__pycache__/{name}.cpython-{THIS.replace('.', '')}.pyc"
        for name in ("__init__", "lists", "fails")
    }
    assert all(bytecode_of(SOURCES, python) == first for _ in range(3))


def test_a_module_that_this_python_cannot_compile_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"shared/wrong\.py"):
        bytecode_of([("shared/wrong.py", b"def")], Path(sys.executable))


def test_a_python_is_found_by_its_version_and_one_that_is_not_there_is_not() -> None:
    found = find_python(THIS)
    assert found is not None
    assert found.samefile(sys.executable)
    assert find_python("2.1") is None


def test_something_that_only_bears_the_name_of_a_python_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "python3.99"
    monkeypatch.setenv("PATH", str(tmp_path))
    for text in ("#!/bin/sh\necho cpython 3.98 /bin/python\n", "#!/bin/sh\nexit 127\n", "#!/nothing/here\n"):
        named.write_text(text)
        named.chmod(0o755)
        assert find_python("3.99") is None


def test_the_zip_holds_the_bytecode_of_every_module_beside_it() -> None:
    package = build_package(python=Path(sys.executable))
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        names = set(archive.namelist())
    modules = {name.removesuffix(".py") for name in names if name.endswith(".py")}
    assert modules == {_module(name) for name in names if name.endswith(".pyc")}
    assert package.bytecode_bytes > package.own_bytes > 0
    assert build_package().bytecode_bytes == 0


def _module(bytecode: str) -> str:
    """Return the module that bytecode is of: ``a/b`` of ``a/__pycache__/b.cpython-310.pyc``."""
    return bytecode.replace("__pycache__/", "").rsplit(".", 2)[0]


def test_it_is_made_for_the_runtime_that_the_template_takes_by_default() -> None:
    parameters = Template.from_file(ROOT / "template.yml").document["Parameters"]
    assert parameters["Runtime"]["Default"] == DEFAULT_RUNTIME.name
