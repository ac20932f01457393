"""A copy of everything that is held about a person, in virtual time, over the emulated services."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import PurePosixPath
from typing import Any

import pytest

from shared.domain.exports import EXPORT_KEPT_MS, request_id_of
from shared.domain.money import DAY_MS
from shared.domain.object_keys import job_id, person_key
from shared.domain.places import PLACES, SHARED_ROWS
from shared.domain.readable import readable
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.stores import API_KEY, BUCKET
from tests.simulation.traces import traces_of
from tests.workflow.support import tick
from tests.workflow.test_administration import behave, newest, trained

KEY = "simulated-erase-key"
ZOE, APART = "Zoë", "Zoe\u0308"


@pytest.fixture(autouse=True)
def with_a_key(cloud: SimulatedCloud) -> None:
    cloud.erase_key = KEY
    behave(cloud, delete_terminal="allow")


def ask(cloud: SimulatedCloud, person: str) -> None:
    cloud.ask("export", person)


def exports(cloud: SimulatedCloud, person: str) -> list[str]:
    """The keys of what lies there of a person's exports, begun uploads included."""
    prefix = f"exports/{person_key(person)}/"
    rows = cloud.objects.list_objects(BUCKET, prefix=prefix, limit=1000).rows
    begun = cloud.objects.uploads.list_uploads(BUCKET, prefix=prefix).rows
    return [row.key for row in rows] + [f"parts of {upload.key}" for upload in begun]


def row_of(cloud: SimulatedCloud) -> dict[str, Any]:
    """The row of the export, with how far it has come."""
    (row,) = [row for row in cloud.requests() if row["kind"] == "export"]
    return {**row, **json.loads(row["record"] or "{}")}


def content_of(cloud: SimulatedCloud, person: str) -> bytes:
    (key,) = exports(cloud, person)
    assert key.endswith(".zip")
    return cloud.objects.get(BUCKET, key)[1]


def exported(cloud: SimulatedCloud, person: str) -> dict[str, bytes]:
    """Have a person exported; returns the files of the zip by their names."""
    ask(cloud, person)
    tick(cloud, 3)
    return opened(content_of(cloud, person))


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def document(files: dict[str, bytes], name: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(files[name])
    return made


def left_out(files: dict[str, bytes]) -> dict[str, str]:
    return {one["source"]: one["reason"] for one in document(files, "manifest.json")["left_out"]}


def test_the_zip_holds_what_is_held_about_the_person_and_nothing_of_others(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    trained(cloud, "Wu")
    files = exported(cloud, "Li")
    (job,) = [job for job in cloud.jobs() if job.person_id == "Li"]
    assert files["uploads/1.jpg"] == b"FACE Li"
    assert [content for name, content in files.items() if name.startswith("snapshots/")] == [b"FACE Li"]
    assert json.loads(files["results/1.json"])["state"] == "SUCCEEDED"
    told = document(files, f"jobs/{job.job_id}.json")
    assert (told["state"], told["photo_set"]["photos"][0]["name"]) == ("SUCCEEDED", "1.jpg")
    assert [move["state"] for move in document(files, "timeline.json")["timeline"]][-1] == "SUCCEEDED"
    assert document(files, "costs.json")["cost_cny"] == 2.5
    (entry,) = [
        one
        for one in cloud.studio.ledger()
        if cloud.invariants.owner_of(one.training_file_ids[0]) == job.job_id
    ]
    assert [one["fine_tune_id"] for one in document(files, "dashscope.json")["fine_tunes"]] == [entry.job_id]
    everything = b"\n".join(files.values())
    assert b"Wu" not in everything
    assert person_key("Wu").encode() not in everything


def test_every_file_has_its_checksum_in_the_manifest_and_readme_says_what_it_is_in_two_languages(
    cloud: SimulatedCloud,
) -> None:
    trained(cloud, "Li")
    files = exported(cloud, "Li")
    manifest = document(files, "manifest.json")
    sums = {one["name"]: one["sha256"] for one in manifest["files"]}
    assert sums == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name != "manifest.json"
    }
    readme = files["README.txt"].decode("utf-8")
    for place in PLACES.values():
        assert place.holds.english in readme
        assert place.holds.chinese in readme
        assert (f"{place.folder}/" if place.folder else place.document) in readme
    for name in {*files} - {"README.txt"}:
        assert PurePosixPath(name).parts[0] in readme, name


def test_whatever_a_search_finds_of_the_person_in_a_store_is_in_the_zip(cloud: SimulatedCloud) -> None:
    """The search is the one by which erasures are proved: what it finds, an export has."""
    trained(cloud, "Li")
    told = json.dumps({"link_id": "0123456789abcdef", "expires_at": cloud.kernel.now + 86_400_000})
    cloud.ask("link_made", "Li", reason=told)
    cloud.upload("Li", "no/\x07photo.jpg", b"anything")
    cloud.upload("Li", "2.jpg", b"FACE Li again")
    tick(cloud, 3)
    found = traces_of(cloud, "Li", [b"FACE Li"])
    files = exported(cloud, "Li")
    sources = {one["source"] for one in document(files, "manifest.json")["files"]}
    for trace in found:
        kind, _, key = trace.partition(" ")
        if kind in ("object", "picture"):
            assert key in sources, trace
    assert {one.partition(" ")[0] for one in found} >= {
        "object",
        "picture",
        "jobs",
        "control",
        "requests",
        "seen",
    }
    assert document(files, "remembered_uploads.json")["remembered_uploads"]
    assert [one["link_id"] for one in document(files, "links.json")["links"]] == ["0123456789abcdef"]
    assert [one["kind"] for one in document(files, "requests.json")["requests"]] == ["link_made", "export"]
    assert len(document(files, "ignored_uploads.json")["ignored_uploads"]) == 1
    for row in cloud._ots.mirrors["control"].everything():
        # Each row that all share and that names the person is told of.
        text = str(row)
        if person_key("Li") in text and row["name"] in ("slot", "sweep", "lingering", "health", "totals"):
            assert document(files, "shared_rows.json")[row["name"]], row


def test_the_shared_rows_are_told_of_by_the_functions_that_take_a_person_out_of_them(
    cloud: SimulatedCloud,
) -> None:
    trained(cloud, "Li")
    told = document(exported(cloud, "Li"), "shared_rows.json")
    assert {*told} - {"read_at", "person_id"} == {*SHARED_ROWS}
    assert job_id("Li", 1) in str(told["totals"])


@pytest.mark.parametrize("minutes", [1, 2, 4, 8])
def test_somebody_whose_training_goes_on_is_exported_too(cloud: SimulatedCloud, minutes: int) -> None:
    cloud.upload("Li", "1.jpg", b"FACE Li")
    tick(cloud, minutes)
    files = exported(cloud, "Li")
    assert files["uploads/1.jpg"] == b"FACE Li"
    tick(cloud, 12)
    assert newest(cloud, "Li").state is JobState.SUCCEEDED, "an export changes nothing"


def test_all_spellings_of_a_name_are_one_persons(cloud: SimulatedCloud) -> None:
    for folder in (ZOE, APART):
        cloud.upload(ZOE, f"/{folder}/1.jpg" if folder != ZOE else "1.jpg", f"FACE {folder}".encode())
    tick(cloud, 12)
    files = exported(cloud, ZOE)
    assert files["uploads/1.jpg"] == f"FACE {ZOE}".encode()
    assert files["uploads-2/1.jpg"] == f"FACE {APART}".encode()


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("../../etc/passwd", "uploads/_/_/etc/passwd"),
        ("/absolute.jpg", "uploads/_/absolute.jpg"),
        ("a\\..\\b.jpg", "uploads/a/_/b.jpg"),
        ("C:evil.jpg", "uploads/C_evil.jpg"),
        ("con.jpg", "uploads/_con.jpg"),
        ("\u202egpj.exe", "uploads/_gpj.exe"),
        ("李 雷.jpg", "uploads/李 雷.jpg"),
    ],
)
def test_no_name_of_an_upload_climbs_out_of_the_folder_it_is_unpacked_in(
    cloud: SimulatedCloud, key: str, name: str
) -> None:
    trained(cloud, "Li")
    cloud.place(f"people/Li/{key}", b"something")
    files = exported(cloud, "Li")
    assert files[name] == b"something"
    for one in files:
        parts = PurePosixPath(one).parts
        assert ".." not in parts
        assert not one.startswith("/")


def test_a_link_is_never_followed(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    trained(cloud, "Wu")
    cloud.objects.put_symlink(BUCKET, "people/Li/wu.jpg", "people/Wu/1.jpg")
    files = exported(cloud, "Li")
    assert left_out(files) == {"people/Li/wu.jpg": "link"}
    assert b"FACE Wu" not in b"".join(files.values())


def test_what_was_removed_in_its_time_is_told_with_the_moment(cloud: SimulatedCloud) -> None:
    cloud.change_rules(keep_photos_ms=7 * DAY_MS, keep_models_ms=7 * DAY_MS)
    trained(cloud, "Li")
    assert document(exported(cloud, "Li"), "manifest.json")["left_out"] == []
    cloud.advance(8 * DAY_MS)
    tick(cloud, 8)
    files = exported(cloud, "Li")
    assert [name for name in files if name.startswith(("uploads/", "snapshots/"))] == []
    job = newest(cloud, "Li")
    assert document(files, "manifest.json")["left_out"] == [
        {
            "place": place,
            "source": job.job_id,
            "removed_at": readable(moment, "removed_at"),
            "reason": "kept_long_enough",
        }
        for place, moment in (("snapshots", job.snapshots_removed_at), ("uploads", job.photos_removed_at))
    ]
    assert document(files, f"jobs/{job.job_id}.json")["model_released_at"].endswith("Z")
    assert json.loads(files["results/1.json"])["state"] == "SUCCEEDED"


def test_nobody_is_exported_of_whom_nothing_is_held(cloud: SimulatedCloud) -> None:
    ask(cloud, "Nobody")
    tick(cloud, 2)
    assert row_of(cloud)["outcome"] == "nothing_held"
    assert exports(cloud, "Nobody") == []


def test_what_was_left_of_an_earlier_person_of_the_name_is_not_the_next_ones(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    before = cloud.kernel.now
    cloud.advance(15_000)
    cloud.ask("erase", "Li")
    tick(cloud, 12)
    cloud.upload("Li", "1.jpg", b"FACE another")
    tick(cloud, 30)
    # It could not be deleted then.
    cloud.objects.clock = _Still(before / 1000)
    cloud.place("people/Li/kept by a retention policy.jpg", b"FACE Li")
    files = exported(cloud, "Li")
    assert files["uploads/1.jpg"] == b"FACE another"
    assert b"FACE Li" not in b"".join(files.values())
    assert left_out(files) == {"": "of_an_earlier_person"}


class _Still:
    """A clock of the bucket that stands."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def now(self) -> float:
        return self._seconds


def test_a_day_later_nothing_is_left_of_it(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    exported(cloud, "Li")
    cloud.advance(EXPORT_KEPT_MS)
    tick(cloud, 3)
    assert exports(cloud, "Li") == []
    assert row_of(cloud)["outcome"] == "export_removed"
    assert not cloud.is_heard()


def test_a_tick_looks_no_requests_up_while_an_export_waits_to_be_deleted(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    exported(cloud, "Li")
    calls = len(cloud.gate.trace)
    tick(cloud, 3)
    assert not [call for call in cloud.gate.trace[calls:] if call.operation == "GetRange requests"]


def test_no_secret_and_no_signed_url_is_in_it(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    everything = b"\n".join(exported(cloud, "Li").values()).decode("utf-8", "replace")
    for secret in (API_KEY, KEY, "x-oss-signature", "Signature=", "deadbeef"):
        assert secret not in everything


# -- erasures --------------------------------------------------------------------------------------------


def erase(cloud: SimulatedCloud, person: str) -> None:
    cloud.advance(15_000)
    cloud.ask("erase", person)


@pytest.mark.parametrize("ticks", range(4))
def test_nothing_of_an_export_survives_an_erasure_however_far_it_has_come(
    cloud: SimulatedCloud, ticks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A pass that writes no file but those it has begun with: the upload stays open.
    trained(cloud, "Li")
    if ticks < 3:
        monkeypatch.setattr("shared.workflow.export_writing.TIME_FOR_A_PIECE_MS", 10**9)
    ask(cloud, "Li")
    tick(cloud, ticks)
    assert bool(exports(cloud, "Li")) == bool(ticks)
    erase(cloud, "Li")
    tick(cloud, 14)
    assert exports(cloud, "Li") == []
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []
    assert [row["outcome"] for row in cloud.requests()] == ["erased"]


def test_nobody_is_exported_while_they_are_erased(
    cloud: SimulatedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.upload("Li", "1.jpg", b"FACE Li")
    tick(cloud, 3)
    assert newest(cloud, "Li").state is JobState.TRAINING
    # DashScope does not stop it: its end is waited for.
    monkeypatch.setattr(cloud.studio, "cancel_fine_tune", lambda _: None)
    erase(cloud, "Li")
    tick(cloud, 1)
    ask(cloud, "Li")
    tick(cloud, 1)
    assert row_of(cloud)["outcome"] == "being_erased"
    tick(cloud, 14)
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_what_a_run_writes_that_did_not_know_of_the_erasure_goes_too(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    erase(cloud, "Li")
    tick(cloud, 3)
    # It read the rows before they were marked, and is alive for two minutes.
    folder = f"exports/{person_key('Li')}"
    cloud.place(f"{folder}/late.zip", b"FACE Li")
    cloud.objects.uploads.start(
        BUCKET, f"{folder}/later.zip", cloud.objects.head(BUCKET, f"{folder}/late.zip").attributes
    )
    tick(cloud, 20)
    assert exports(cloud, "Li") == []
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_an_export_of_the_next_person_of_the_name_outlives_what_is_tried_again_for_the_one_before(
    cloud: SimulatedCloud,
) -> None:
    behave(cloud, delete_terminal="refuse")
    trained(cloud, "Li")
    erase(cloud, "Li")
    tick(cloud, 15)
    cloud.upload("Li", "1.jpg", b"FACE another")
    tick(cloud, 30)
    cloud.advance(86_400_000 - 45 * 60_000)
    files = exported(cloud, "Li")
    assert files["uploads/1.jpg"] == b"FACE another"
    tick(cloud, 40)
    assert exports(cloud, "Li") != []


def test_the_id_of_the_request_is_the_persons() -> None:
    assert request_id_of("Li") == f"export-{person_key('Li')}"
