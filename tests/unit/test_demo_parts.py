"""The demo's parts, each by itself: whose photos, how long it waits, what it judges, what it prints."""

from __future__ import annotations

import io
import threading
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from aliyun_local.samples import encoded, portrait
from local.demo import people
from local.demo.following import Ending, Following, patience_seconds
from local.demo.people import SAMPLE_PEOPLE, File, Person, people_in, sample_people
from local.demo.preparation import Preparation, of_photo
from local.demo.summary import everybody, listed, made_usable, not_used
from local.demo.uploads import Uploads
from local.demo.verification import find_faults
from local.live.standing import Standing
from local.live.watch import Watch
from local.options import Options
from local.stack import Stack
from shared.domain.object_keys import upload_key
from shared.domain.rules import Rules
from tests.unit.status_documents import job, terminal

ANNA = Person("anna", [File("1.jpg", b"one")])


def document(*revisions: dict[str, Any], photos: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    shaped = [{"closed_by": "quiet", **one} for one in revisions]
    return {
        "state": shaped[0]["state"],
        "current": {**shaped[0], "photos": photos or []},
        "revisions": shaped,
    }


# -- whose photos ---------------------------------------------------------------------------------------


def test_the_account_has_room_for_everybody_who_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for drawing in ("portrait", "landscape"):
        monkeypatch.setattr(people, drawing, lambda *_, **__: None)
    monkeypatch.setattr(people, "encoded", lambda *_, **__: b"a picture")
    assert len(sample_people()) == SAMPLE_PEOPLE


def test_files_that_the_product_would_ignore_are_left_out_and_named(tmp_path: Path) -> None:
    for name in ("anna/1.jpg", "anna/trip/2.jpg", "anna/.DS_Store", "stray.jpg", ".old/1.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    folder = people_in(tmp_path)
    assert [(one.person_id, [file.name for file in one.files]) for one in folder.people] == [
        ("anna", ["1.jpg", "trip/2.jpg"])
    ]
    assert sorted(name for names in folder.left_out.values() for name in names) == [
        ".old/1.jpg",
        "anna/.DS_Store",
        "stray.jpg",
    ]
    assert any("hidden" in reason for reason in folder.left_out)


def test_a_folder_named_on_a_mac_is_the_person_that_everybody_else_writes(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Müller")
    (tmp_path / apart).mkdir()
    (tmp_path / apart / "1.jpg").write_bytes(b"one")
    (tmp_path / "Müller").mkdir()
    (tmp_path / "Müller" / "1.jpg").write_bytes(b"another")
    (person,) = people_in(tmp_path).people
    assert person.person_id == "Müller"
    assert {upload_key(person.person_id, file.name): file.content for file in person.files} == {
        f"people/{apart}/1.jpg": b"one",
        "people/Müller/1.jpg": b"another",
    }


# -- how long it waits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "rules", "at_least"),
    [
        (Options(training_seconds=4, tick_seconds=1), Rules(quiet_ms=5_000), 60),
        (Options(training_seconds=40, tick_seconds=1), Rules(quiet_ms=5_000), 60 + 40),
        (Options(training_seconds=3600, tick_seconds=1), Rules(quiet_ms=5_000), 3600 + 60),
        (Options(training_seconds=4, tick_seconds=1), Rules(quiet_ms=120_000), 60 + 120),
        (Options(training_seconds=4, tick_seconds=300), Rules(quiet_ms=5_000), 60 + 600),
        (Options(training_seconds=4, tick_seconds=None), Rules(quiet_ms=5_000), 60 + 120),
    ],
)
def test_the_patience_covers_the_longest_step_that_the_settings_make(
    options: Options, rules: Rules, at_least: float
) -> None:
    assert patience_seconds(options, rules) >= at_least
    assert patience_seconds(options, rules) < 2 * at_least + 60


class Scene:
    """A demo without a cloud: what each look finds is given."""

    def __init__(self, *looks: Standing) -> None:
        self.looks = list(looks)
        self.output = io.StringIO()
        self.stop = threading.Event()
        self.uploads = SimpleNamespace(done=True, sent=1, problem="", story="1 of 1 file uploaded")
        cloud = SimpleNamespace(
            clock=SimpleNamespace(now=lambda: 0.0),
            bucket="photos",
            objects=SimpleNamespace(list_objects=lambda *_, **__: SimpleNamespace(rows=[])),
        )
        pace = SimpleNamespace(rules=SimpleNamespace(portraits=()))
        watch = SimpleNamespace(look=lambda: None, standings=self.look, jobs=[], trouble="", pace=pace)
        console = Console(file=self.output, width=80)
        self.following = Following(cast(Stack, cloud), [ANNA], cast(Watch, watch), console)

    def look(self, _: float) -> list[Standing]:
        return [self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]]

    def run(self, patience: float) -> Ending:
        return self.following.run(cast(Uploads, self.uploads), patience, self.stop, 0.0)


def test_it_follows_until_everybody_has_ended() -> None:
    scene = Scene(
        Standing(person_id="anna", state="QUEUED", place=1, upcoming="next in the queue"),
        Standing(person_id="anna", state="SUCCEEDED", result="facechain-finetune-ft-1"),
    )
    assert scene.run(patience=1000) is Ending.SETTLED
    first, second = scene.output.getvalue().splitlines()
    assert first.endswith("anna          QUEUED      next in the queue")
    assert second.endswith("anna          SUCCEEDED   facechain-finetune-ft-1")


def test_it_gives_up_when_nothing_changes_for_too_long() -> None:
    assert Scene(Standing(person_id="anna", state="TRAINING")).run(patience=-1) is Ending.STUCK


def test_it_stops_when_it_is_told_to() -> None:
    scene = Scene(Standing(person_id="anna", state="TRAINING"))
    scene.stop.set()
    assert scene.run(patience=1000) is Ending.STOPPED


def test_an_upload_that_failed_ends_it() -> None:
    scene = Scene(Standing(person_id="anna"))
    scene.uploads.problem = "the upload failed"
    assert scene.run(patience=1000) is Ending.SETTLED


# -- what it judges -------------------------------------------------------------------------------------


def faults(one: dict[str, Any], *made: str) -> list[str]:
    """Judge a person whose ledger entries belong to job ``anna-1``."""
    entries = [
        SimpleNamespace(
            job_id=fine_tune_id,
            status="RUNNING",
            training_file_ids=["https://oss/submissions/anna-1/1.jpg?x"],
        )
        for fine_tune_id in made
    ]
    cloud = SimpleNamespace(studio=SimpleNamespace(ledger=lambda: entries))
    return find_faults(cast(Stack, cloud), [ANNA], {"anna": one}, [])


@pytest.mark.parametrize("state", ["COLLECTING", "QUEUED", "SUBMITTING", "TRAINING"])
@pytest.mark.parametrize("made", [[], ["ft-1"]])
def test_a_set_that_is_on_its_way_is_never_judged(state: str, made: list[str]) -> None:
    assert faults(document(job(state=state, fine_tune_id=made[0] if made else None)), *made) == []


def test_a_rejected_set_that_was_trained_is_a_fault() -> None:
    one = document(job(state="REJECTED", usable_count=0, reason={"code": "x", "message": "Why."}))
    assert faults(one, "ft-1") == ["anna: 1 fine-tune for one photo set, 0 is right"]


def test_a_fine_tune_of_nobody_is_a_fault_while_sets_are_on_their_way() -> None:
    (fault,) = faults(document(job("anna", "TRAINING", job_id="other-1")), "ft-1")
    assert fault == "DashScope's ledger has 1 fine-tune, accounted for: 0"


# -- what it prints -------------------------------------------------------------------------------------


def printed(part: Any, columns: int) -> list[str]:
    console = terminal(columns, 24)
    console.print(part)
    assert isinstance(console.file, io.StringIO)
    return [row.rstrip() for row in console.file.getvalue().splitlines()]


def test_everybody_fits_into_80_columns_with_the_models_names_whole() -> None:
    name = "facechain-finetune-ft-202611280917-9a3c"
    trained = document(job("zhang wei", "SUCCEEDED", finetuned_output=name))
    failed = document(job("anna", "FAILED", reason={"code": "x", "message": "No money."}))
    people = [Person("zhang wei", []), ANNA, Person("late", [])]
    documents = {"zhang wei": trained, "anna": failed, "late": None}
    assert printed(everybody(people, documents, 80), 80) == [
        "person     files             state      finetuned_output",
        f"zhang wei  2 of 3 usable     SUCCEEDED  {name}",
        "anna       2 of 3 usable     FAILED",
        "late       nothing came yet",
        "anna: FAILED: No money.",
    ]
    assert "complete by" in printed(everybody(people, documents, 118), 118)[0]


def test_what_was_not_used_is_listed_by_its_reason() -> None:
    def photo(name: str, verdict: str, why: str) -> dict[str, str]:
        return {"name": name, "verdict": verdict, "reason": why, "remedy": "Upload another."}

    documents = {
        "anna": document(
            job(),
            photos=[
                photo("1.jpg", "usable", ""),
                photo("2.jpg", "no_face", "No face was found."),
                photo("3.jpg", "no_face", "No face was found."),
                photo("a.zip", "unpacked", ""),
            ],
        ),
        "bao": document(job("bao"), photos=[photo("4.jpg", "no_face", "No face was found.")]),
        "late": None,
    }
    assert printed(not_used(documents), 80) == [
        "",
        "Not used",
        "No face was found. Upload another.",
        "    anna: 2.jpg, 3.jpg",
        "    bao: 4.jpg",
    ]
    assert not_used({"late": None}) is None


def test_long_lists_are_cut_and_counted() -> None:
    assert listed(["a"]) == "a"
    assert listed([str(number) for number in range(8)]) == "0, 1, 2, 3, 4, 5, 6, 7"
    assert listed([str(number) for number in range(20)]) == "0, 1, 2, 3, 4, 5, 6, 7 and 12 more"
    many = [
        Preparation(person_id="anna", name=f"{number}.heic", arrived="HEIC", became="JPEG")
        for number in range(20)
    ]
    assert printed(made_usable(many), 80)[-1] == "and 8 more"
    assert made_usable([]) is None


def test_a_snapshot_that_lies_on_its_side_or_was_not_shrunk_is_a_fault() -> None:
    upload = File("1.jpg", encoded(portrait(1, size=(300, 400)), orientation=6))
    (good,) = of_photo(ANNA, upload, encoded(portrait(1, size=(300, 400))))
    assert good.arrived.startswith("JPEG on its side, 400 × 300, ")
    assert good.became.startswith("JPEG, 300 × 400, ")
    assert not good.fault
    for snapshot in (
        upload.content,
        encoded(portrait(1, size=(400, 300))),
        encoded(portrait(1), "PNG"),
        b"?",
    ):
        (bad,) = of_photo(ANNA, upload, snapshot)
        assert bad.fault
