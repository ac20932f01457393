"""``make setup``: the Python it takes, what it says meanwhile, and what it leaves behind when it fails."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

import pytest

from local import installation
from local.packaging import ROOT

# Stands in for a Python: it knows its version, and instead of installing it tells how it was called.
STUB = """#!/bin/sh
case "$2" in
  *version_info*) exit {refused} ;;
  *platform*) echo {version} ;;
  *) echo "$0 $*" ;;
esac
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def install_stub(path: Path, name: str, version: str) -> None:
    minor = int(version.split(".")[1])
    file = path / name
    file.write_text(STUB.format(version=version, refused=int(not 10 <= minor <= 14)))
    file.chmod(0o755)


def setup(
    path: Path, *arguments: str, environment: Path = Path("nowhere/.venv")
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(ROOT / "local" / "setup.sh"), str(environment), *arguments],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("minor", [10, 11, 12, 13, 14])
def test_the_only_python_that_works_is_found_among_others(path: Path, minor: int) -> None:
    install_stub(path, f"python3.{minor}", f"3.{minor}.0")
    install_stub(path, "python3", "3.9.18")
    run = setup(path)
    assert run.stdout == f"{path}/python3.{minor} -m local.installation nowhere/.venv\n"
    assert run.returncode == 0


def test_the_python_that_is_named_is_taken(path: Path) -> None:
    install_stub(path, "python3.11", "3.11.7")
    install_stub(path, "mine", "3.14.1")
    assert setup(path, "mine").stdout.endswith("mine -m local.installation nowhere/.venv\n")


def test_a_complete_environment_keeps_its_python(path: Path, tmp_path: Path) -> None:
    install_stub(path, "python3.11", "3.11.7")
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    install_stub(environment / "bin", "python", "3.13.0")
    assert setup(path, environment=environment).stdout.startswith(f"{path}/python3.11 ")
    (environment / installation.COMPLETE).touch()
    assert setup(path, environment=environment).stdout.startswith(f"{environment}/bin/python ")


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (["python3.9"], "PYTHON=python3.9 is Python 3.9.18; the project needs 3.10 to 3.14"),
        (["python3.15"], "PYTHON=python3.15 is Python 3.15.0; the project needs 3.10 to 3.14"),
        (["nowhere"], "PYTHON=nowhere does not run here; name a Python 3.10 to 3.14"),
        ([], "No Python 3.10 to 3.14 was found; name one with PYTHON=..."),
    ],
)
def test_a_python_that_cannot_be_used_is_refused_in_one_line(
    path: Path, named: list[str], words: str
) -> None:
    for name, version in (("python3.9", "3.9.18"), ("python3.15", "3.15.0"), ("python3", "3.9.18")):
        install_stub(path, name, version)
    run = setup(path, *named)
    assert (run.returncode, run.stdout, run.stderr) == (1, "", words + "\n")


@pytest.mark.parametrize(
    ("line", "doing"),
    [
        ("Collecting aiohttp==3.14.5 (from -r requirements/development.txt (line 5))", "fetching aiohttp"),
        ("  Building wheel for crcmod (setup.py): started", "building crcmod"),
        ("Installing collected packages: a, b, c", "unpacking 3 packages"),
        ("Installing collected packages: setuptools", "unpacking setuptools"),
        ("  Using cached aiohttp-3.14.5-cp311-manylinux.whl (1.7 MB)", ""),
        ("", ""),
    ],
)
def test_pips_output_tells_what_it_does(line: str, doing: str) -> None:
    assert installation.activity(line) == doing


def test_without_a_terminal_a_step_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    installation._show("libraries", ["Collecting a==1\n", "Collecting b==2\n"])
    assert capsys.readouterr().out == "  libraries: 0 s\n"


def test_a_terminal_shows_what_goes_on_in_a_line_that_changes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    installation._show("libraries", ["Collecting a==1\n"])
    shown = capsys.readouterr().out.split("\r\x1b[K")
    assert shown == ["", "  libraries: fetching a, 0 s", "  libraries: 0 s\n"]


def _fail(*_: object) -> None:
    raise installation.InstallationError("pip could not install libraries:\nERROR: no network")


def test_an_environment_that_could_not_be_completed_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installation, "_make", lambda folder: folder.mkdir())
    monkeypatch.setattr(installation, "_install", _fail)
    assert installation.main([str(tmp_path / "new")]) == 1
    assert capsys.readouterr().err.endswith("ERROR: no network\n")
    assert not (tmp_path / "new").exists()


def test_checks_of_the_template_that_could_not_be_fetched_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "checks").mkdir()
    monkeypatch.setattr(installation, "_make", lambda _: None)
    monkeypatch.setattr(installation, "_install", _fail)
    assert installation.main(["--template-checks", str(tmp_path / "checks")]) == 1
    assert not (tmp_path / "checks").exists()


def test_a_complete_environment_survives_lists_that_cannot_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / installation.COMPLETE).touch()
    monkeypatch.setattr(installation, "_version", lambda _: platform.python_version())
    monkeypatch.setattr(installation, "_install", _fail)
    assert installation.main([str(tmp_path)]) == 1
    assert tmp_path.exists()


LISTS = (
    "aliyun-local",
    "build",
    "clients",
    "deploy",
    "browser",
    "development",
    "fuzz",
    "function-runtime",
    "function-runtime-3.12",
    "real-photos",
    "template-checks",
    "template-validator",
    "uv",
)


def test_the_lists_name_every_file_by_its_hash() -> None:
    assert {path.stem for path in installation.LISTS.glob("*.txt")} == set(LISTS)
    for name in LISTS:
        text = (installation.LISTS / f"{name}.txt").read_text(encoding="utf-8")
        requirements = re.findall(r"^[^\s#].*(?:\n .*)*", text, re.MULTILINE)
        assert requirements
        for requirement in requirements:
            assert re.match(r"[\w.-]+==\S+ ", requirement), requirement
            assert "--hash=sha256:" in requirement


def recorded_calls(environment: Path, *options: str) -> list[str]:
    """Install with a stand-in for the environment's Python; returns what it was called with."""
    (environment / "bin").mkdir(parents=True, exist_ok=True)
    (environment / installation.COMPLETE).touch()
    calls = environment / "calls"
    python = environment / "bin" / "python"
    python.write_text(
        f'#!/bin/sh\nif [ "$1" = -c ]; then echo {platform.python_version()}; else echo "$*" >> {calls}; fi\n'
    )
    python.chmod(0o755)
    assert installation.main([str(environment), *options]) == 0
    return calls.read_text().splitlines()


@pytest.mark.parametrize(
    ("options", "lists"),
    [
        ([], ["build", "development", "function-runtime"]),
        (["--clients"], ["clients"]),
        (["--browser"], ["browser"]),
        (["--deploy"], ["deploy"]),
        (["--fuzz"], ["fuzz"]),
        (["--template-checks"], ["build", "template-checks", "template-validator"]),
    ],
)
def test_pip_takes_hashed_files_alone_and_builds_with_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], lists: list[str]
) -> None:
    monkeypatch.setattr(installation, "_make", lambda _: None)
    calls = recorded_calls(tmp_path, *options)
    # The build tool comes first: an isolated build would fetch its own, unhashed.
    assert [call.rpartition("/")[2] for call in calls] == [f"{name}.txt" for name in lists]
    for call in calls:
        assert call.startswith("-m pip install ")
        assert {"--require-hashes", "--use-pep517", "--no-build-isolation"} <= set(call.split())


def test_the_real_photos_are_fetched_by_their_hashes_and_nothing_of_their_packages_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[Path, Path]] = []
    monkeypatch.setattr(installation, "take_photos", lambda *folders: taken.append(folders))
    (call,) = recorded_calls(tmp_path, "--real-photos")
    assert call.startswith("-m pip download ")
    assert {"--require-hashes", "--no-build-isolation", "--no-deps"} <= set(call.split())
    assert call.split()[-3].endswith("/requirements/real-photos.txt")
    assert taken == [(Path(call.split()[-1]), tmp_path / "real-photos")]


def test_photos_that_a_package_has_no_more_are_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installation, "_run", lambda *_: None)
    assert installation.main(["--real-photos", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(
        "a package has no such photo: no distribution of face_recognition"
    )


@pytest.mark.parametrize("script", ["Makefile", ".ci/run", "local/setup.sh"])
def test_no_script_calls_pip_without_asking_for_hashes(script: str) -> None:
    lines = (ROOT / script).read_text(encoding="utf-8").splitlines()
    calls = [line for line in lines if re.search(r"\bpip3? (install|wheel|download)\b", line)]
    assert [line for line in calls if "--require-hashes --only-binary :all:" not in line] == []
