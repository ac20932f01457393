"""What a local cloud keeps on disk is for its owner's eyes only, whatever the umask of the process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from aliyun_local.cloud import Application, CloudOptions, LocalCloud
from aliyun_local.database import Database
from aliyun_local.private_files import make_private_folder
from aliyun_local.tablestore.store.schema import Column, TableOptions
from tests.emulators.cloud.test_cloud import application as application


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Return what others than the owner may do anything with, the folder itself included."""
    return sorted(
        path.relative_to(folder.parent).as_posix()
        for path in (folder, *folder.rglob("*"))
        if path.stat().st_mode & 0o077
    )


def use(cloud: LocalCloud) -> None:
    """Make every service write something."""
    cloud.objects.put("inbox", "people/wei/1.jpg", b"x" * 10)
    cloud.tables.create_instance("studio")
    options = TableOptions(time_to_live_seconds=-1, max_versions=1)
    cloud.tables.create_table("studio", "jobs", [Column(name="id", type="STRING")], options)
    headers = {"Authorization": f"Bearer {cloud.account.dashscope_api_key}"}
    url = f"{cloud.url('dashscope')}/api/v1/files"
    answer = requests.post(url, headers=headers, files={"files": ("a.jpg", b"x")}, timeout=10)
    assert answer.json()["data"]["failed_uploads"] == []
    assert requests.get(cloud.endpoints["HTTP_TRIGGER_URL"], timeout=30).status_code == 200


def test_every_file_and_folder_of_a_data_folder_is_the_owners_alone(
    application: Application, tmp_path: Path
) -> None:
    data = tmp_path / "new" / "data"
    for _ in range(2):
        with LocalCloud(CloudOptions(data=data), application) as cloud:
            if not cloud.tables.has_instance("studio"):
                use(cloud)
            kinds = {path.suffix for path in data.rglob("*") if path.name.startswith("dashscope.sqlite3")}
            assert kinds == {".sqlite3", ".sqlite3-wal", ".sqlite3-shm"}
            assert open_to_others(data.parent) == []
    assert len([path for path in data.rglob("*") if path.is_file()]) >= 8


def test_what_an_older_release_left_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    make_private_folder(folder)
    schema = "CREATE TABLE IF NOT EXISTS a (b);"
    Database(folder / "a.sqlite3", schema).close()
    (folder / "a.sqlite3").chmod(0o644)
    database = Database(folder / "a.sqlite3", schema)
    with database.transaction() as connection:
        connection.execute("INSERT INTO a VALUES (1)")
    assert open_to_others(folder) == []
    database.close()
