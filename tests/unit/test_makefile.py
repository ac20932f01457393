"""The Makefile hands on what was typed, with nothing installed: a stand-in tells what it was called with."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from local.packaging import ROOT


def make(folder: Path, *arguments: str, **environment: str) -> str:
    (folder / "python").write_text('#!/bin/sh\nfor one; do echo "$one"; done\n')
    (folder / "python").chmod(0o755)
    (folder / "ready").touch()
    run = subprocess.run(
        ["make", "--silent", "BIN=" + str(folder), "READY=" + str(folder / "ready"), "LOCK=", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


@pytest.mark.parametrize("name", ["photos", "my photos", "$HOME $(x) $$", 'a"b', "it's", "照片"])
def test_the_photos_folder_is_taken_as_it_was_typed(tmp_path: Path, name: str) -> None:
    wanted = f"-m\nlocal\ndemo\n--photos\n{name}\n"
    assert make(tmp_path, "demo", f"PHOTOS={name}") == wanted
    assert make(tmp_path, "demo", PHOTOS=name) == wanted


def test_without_photos_the_demo_makes_its_own(tmp_path: Path) -> None:
    assert make(tmp_path, "demo") == "-m\nlocal\ndemo\n"


def test_the_log_is_shown_when_it_is_asked_for(tmp_path: Path) -> None:
    assert make(tmp_path, "up") == "-m\nlocal\nup\n"
    assert make(tmp_path, "up", "LOG=1") == "-m\nlocal\nup\n--log\n"


def test_the_package_is_of_the_runtime_that_is_asked_for(tmp_path: Path) -> None:
    assert make(tmp_path, "package") == "-m\nlocal\npackage\n"
    assert make(tmp_path, "package", "RUNTIME=python3.12") == "-m\nlocal\npackage\n--runtime\npython3.12\n"


def test_what_a_developers_machine_lacks_is_left_out_and_ci_wants_all_of_it(tmp_path: Path) -> None:
    assert make(tmp_path, "pythons") == "-m\nlocal.pythons\n"
    assert make(tmp_path, "pythons", RUNTIMES_NEEDED="1") == "-m\nlocal.pythons\n--all\n"
    assert "local.runtime_libraries\n--all\n" in make(tmp_path, "runtimes", RUNTIMES_NEEDED="1")


def test_the_live_test_pays_cleans_and_continues_only_when_it_is_told_to(tmp_path: Path) -> None:
    assert make(tmp_path, "test-live") == "-m\ntests.live\n"
    assert make(tmp_path, "test-live", "PAY=1") == "-m\ntests.live\n--pay\n"
    assert make(tmp_path, "test-live", "CLEAN=1") == "-m\ntests.live\n--clean\n"
    assert make(tmp_path, "test-live", "SINCE=a.json") == "-m\ntests.live\n--since\na.json\n"


def test_help_lists_every_command_and_fits_a_narrow_terminal(tmp_path: Path) -> None:
    lines = make(tmp_path, "help").splitlines()
    assert {"demo", "up", "test", "test-live", "package"} <= {line.split()[1] for line in lines}
    assert max(map(len, lines)) < 80


def commands_of_documents() -> set[str]:
    """Return every call of make, with its variables, that README and docs name as code."""
    pages = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")]
    texts = (re.sub(r"\s+", " ", page.read_text(encoding="utf-8")) for page in pages)
    return {
        command.strip()
        for text in texts
        for command in re.findall(r"`(make [a-z-]+(?: [A-Z_]+=[^\s`]+)+)`", text)
    }


@pytest.mark.parametrize("command", sorted(commands_of_documents()))
def test_a_command_of_the_documents_takes_each_variable_that_it_names(tmp_path: Path, command: str) -> None:
    _, target, *variables = command.split()
    (tmp_path / "deploy").touch()
    given = ["DEPLOY=" + str(tmp_path / "deploy"), target]
    values = [(name, f"value-of-{name.lower()}") for name, _, _ in (one.partition("=") for one in variables)]
    whole = make(tmp_path, *given, *(f"{name}={value}" for name, value in values))
    for name, value in values:
        others = [f"{one}={its}" for one, its in values if one != name]
        if name == "STAGE":
            assert f"--stage\n{value}\n" in whole
        else:
            assert make(tmp_path, *given, *others) != whole, f"{target} takes no {name}"
