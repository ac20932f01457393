"""``export``: it waits until the zip is there, fetches and checks it, and leaves no half of it behind."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from local.stages.context import Context
from local.stages.errors import NotStarted, StageError
from local.stages.exporting import MOST_SECONDS, Exported, export, lines_of
from local.stages.output import Output
from local.stages.ros import Stack
from local.stages.status_api import Document, StatusApi, ZipPart
from tests.unit.stages.test_waiting import STACK

WAITS: Document = {
    "waiting_for": {"code": "writing", "message": "The files are being written."},
    "files_done": 3,
}
LEFT = [{"place": "uploads", "source": "people/li/a.jpg", "size": 1, "reason": "InvalidObjectState"}]
PART = 100


def zipped(manifest: dict[str, Any] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("uploads/1.jpg", b"FACE" * 200)
        if manifest is not None:
            archive.writestr("manifest.json", json.dumps(manifest))
    return buffer.getvalue()


class Stage:
    """A stage that is not ready for so many looks, and hands out its zip in parts then."""

    def __init__(self, content: bytes, *, looks: int = 2, tags: str = "a") -> None:
        self.content, self.looks, self.tags = content, looks, tags
        self.begun_anew, self.now = 0, 0.0
        self.shown = io.StringIO()
        self.name, self.output = "dev", Output(err=self.shown)

    def needed_stack(self) -> Stack:
        return STACK

    def status_api(self, _: Stack) -> StatusApi:
        return cast(StatusApi, SimpleNamespace(export_part=self._part, export_anew=self._anew))

    def _anew(self, _: str) -> None:
        self.begun_anew += 1

    def _part(self, person: str, start: int) -> ZipPart:
        assert person == "李/雷"
        self.looks -= 1
        if self.looks >= 0:
            return ZipPart(WAITS)
        tag = self.tags[min(start // PART, len(self.tags) - 1)]
        return ZipPart({}, self.content[start : start + PART], len(self.content), tag)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def run(stage: Stage, path: Path, **named: Any) -> Exported:
    return export(cast(Context, stage), "李/雷", path, **named)


def test_it_waits_says_once_how_far_it_is_and_puts_the_parts_together(tmp_path: Path) -> None:
    stage = Stage(zipped({"left_out": LEFT}), looks=3)
    exported = run(stage, path := tmp_path / "li.zip")
    assert path.read_bytes() == stage.content
    assert path.stat().st_mode & 0o077 == 0
    assert stage.shown.getvalue().count("being written") == 1
    assert (exported.files, exported.size, stage.now, stage.begun_anew) == (2, len(stage.content), 30.0, 0)
    told = "\n".join(lines_of(exported))
    assert "people/li/a.jpg: InvalidObjectState" in told
    assert "delete it" in told


def test_what_was_removed_in_its_time_is_told_with_the_moment(tmp_path: Path) -> None:
    gone = {"place": "snapshots", "source": "a-job-1", "removed_at": "2026-01-08T00:00:00.000Z"}
    exported = run(Stage(zipped({"left_out": [gone | {"reason": "kept_long_enough"}]})), tmp_path / "li.zip")
    assert "  not in it: snapshots of a-job-1, removed at 2026-01-08T00:00:00.000Z" in lines_of(exported)


def test_a_new_one_is_asked_for_where_that_is_wanted(tmp_path: Path) -> None:
    stage = Stage(zipped({"left_out": []}))
    run(stage, tmp_path / "li.zip", anew=True)
    assert stage.begun_anew == 1


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (path := tmp_path / "li.zip").write_bytes(b"mine")
    with pytest.raises(NotStarted):
        run(Stage(zipped({"left_out": []})), path)
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (Stage(zipped({"left_out": []}), tags="ab"), "another export"),
        (Stage(zipped()), "no whole zip"),
        (Stage(zipped({"left_out": []})[:-30]), "no whole zip"),
        (Stage(zipped({"left_out": []}).replace(b"FACEFACE", b"FACEBOOK", 1)), "damaged"),
        (Stage(zipped({"left_out": []}), looks=10**6), "being written"),
    ],
    ids=["replaced", "no manifest", "cut", "damaged", "never ready"],
)
def test_whatever_goes_wrong_leaves_no_half_of_it_behind(stage: Stage, said: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=said):
        run(stage, tmp_path / "li.zip")
    assert list(tmp_path.iterdir()) == []
    assert stage.now < MOST_SECONDS + 60


def test_without_a_name_the_file_is_called_like_the_person_and_stays_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exported = export(cast(Context, Stage(zipped({"left_out": []}))), "李/雷")
    assert [one.name for one in tmp_path.iterdir()] == [exported.path.name]
