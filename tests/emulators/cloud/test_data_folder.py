"""A data folder has one owner at a time, and is emptied only if no run means to keep its data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aliyun_local.data_folder import DataFolder, DataFolderInUse, DataFolderNotDisposable


def test_a_second_owner_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    with pytest.raises(DataFolderInUse, match=rf"process {os.getpid()} \(.*, since 20.*choose another"):
        DataFolder(tmp_path)
    first.close()
    DataFolder(tmp_path).close()


def test_the_lock_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from aliyun_local.data_folder import DataFolder\n"
        "folder = DataFolder(Path(sys.argv[1])); print('taken', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"taken\n"
        with pytest.raises(DataFolderInUse):
            DataFolder(tmp_path, disposable=True)
        owner.kill()
    DataFolder(tmp_path).close()


def test_a_disposable_folder_begins_empty_each_time(tmp_path: Path) -> None:
    DataFolder(tmp_path, disposable=True).close()
    (tmp_path / "oss").mkdir()
    (tmp_path / "oss" / "photo").write_text("x")
    DataFolder(tmp_path, disposable=True).close()
    assert not (tmp_path / "oss").exists()


def test_a_folder_with_data_of_others_is_not_emptied_and_can_be_taken_afterwards(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(DataFolderNotDisposable, match="choose another"):
        DataFolder(tmp_path, disposable=True)
    assert (tmp_path / "precious").read_text() == "x"
    DataFolder(tmp_path).close()


def test_a_disposable_folder_that_was_taken_to_keep_data_is_not_emptied_any_more(tmp_path: Path) -> None:
    DataFolder(tmp_path, disposable=True).close()
    DataFolder(tmp_path).close()
    (tmp_path / "photo").write_text("x")
    with pytest.raises(DataFolderNotDisposable):
        DataFolder(tmp_path, disposable=True)
    assert (tmp_path / "photo").exists()


def test_a_temporary_folder_is_gone_at_the_end() -> None:
    folder = DataFolder(None)
    assert folder.path.is_dir()
    folder.close()
    assert not folder.path.exists()
