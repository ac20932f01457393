"""Settings of a deployment that change the way photos take."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from aliyun_local.serving.wire import Fault

from .support import eventually, running_studio, scenery


def test_photos_can_be_given_to_dashscope_as_files_instead_of_urls(tmp_path: Path) -> None:
    with running_studio(tmp_path / "cloud", parameters={"PhotoAccess": "file"}) as studio:
        studio.upload_portraits("by file", 101, 102, 103)
        studio.mark_ready("by file")
        document = studio.wait_until_trained("by file")
        studio.cloud.fronts["dashscope"].inject(
            Fault(operation="CreateFineTune", drop=True, after_effect=True)
        )
        studio.upload_portraits("answer lost", 111, 112)
        studio.mark_ready("answer lost")
        adopted = studio.wait_until_trained("answer lost")
        entries = studio.cloud.studio.ledger()
        made = [entry.job_id for entry in entries]
        assert made == [document["current"]["fine_tune_id"], adopted["current"]["fine_tune_id"]]
        assert [len(entry.training_file_ids) for entry in entries] == [3, 2]
        given = [file for entry in entries for file in entry.training_file_ids]
        assert not any(re.match("https?:", file) for file in given)
        assert studio.result("by file")["finetuned_output"] == document["finetuned_output"]


def test_the_files_of_finished_trainings_do_not_fill_dashscopes_file_store(tmp_path: Path) -> None:
    with running_studio(tmp_path / "cloud", parameters={"PhotoAccess": "file"}) as studio:
        studio.upload_portraits("by file", 104, 105)
        studio.mark_ready("by file")
        studio.wait_until_trained("by file")
        studio.result("by file")

        def kept() -> list[str]:
            listed = studio.http.get(
                studio.endpoints["DASHSCOPE_HTTP_BASE_URL"] + "/files",
                headers={"Authorization": f"Bearer {studio.endpoints['DASHSCOPE_API_KEY']}"},
                timeout=30,
            )
            return [file["name"] for file in listed.json()["data"]["files"]]

        # What could not be deleted at once is deleted by a later tick.
        eventually(lambda: not kept(), 45, kept)


def test_without_the_face_check_everything_that_is_a_picture_is_trained(tmp_path: Path) -> None:
    with running_studio(tmp_path / "cloud", parameters={"FaceCheck": "off"}) as studio:
        studio.upload("hills only", "hills.jpg", scenery(1))
        studio.upload("hills only", "letter.jpg", b"no picture")
        studio.mark_ready("hills only")
        # DashScope itself finds no face on the hills; the face check would have found that before.
        document = studio.wait_for("hills only", "FAILED")
        verdicts = {entry["name"]: entry["verdict"] for entry in document["current"]["photos"]}
        assert verdicts == {"hills.jpg": "usable", "letter.jpg": "text_file"}
        studio.upload_portraits("portraits only", 122)
        studio.mark_ready("portraits only")
        studio.wait_until_trained("portraits only")
        assert studio.called("DetectFaces") == 0
        assert len(studio.cloud.studio.ledger()) == 2


def test_quiet_time_waits_for_the_fewest_photos_and_a_marker_does_not(tmp_path: Path) -> None:
    with running_studio(tmp_path / "cloud", parameters={"MinPhotos": 3}) as studio:
        studio.upload_portraits("too few", 131, 132)
        studio.upload_portraits("enough", 133, 134, 135)
        assert studio.wait_until_trained("enough")["current"]["closed_by"] == "quiet"
        studio.let_ticks_pass(4)
        assert studio.state("too few") == "COLLECTING"
        studio.mark_ready("too few")
        assert studio.wait_until_trained("too few")["current"]["closed_by"] == "marker"


def test_two_trainings_run_at_once_where_the_account_may(tmp_path: Path) -> None:
    with running_studio(
        tmp_path / "cloud", parameters={"ConcurrentTrainings": 2}, training_seconds=4.0
    ) as studio:
        studio.cloud.studio.behaviour.concurrent_fine_tunes = 2
        people = ["one", "two", "three"]
        for number, person in enumerate(people):
            studio.upload_portraits(person, 141 + number)
            studio.mark_ready(person)
        for person in people:
            studio.wait_until_trained(person)
        entries = studio.cloud.studio.ledger()
        assert len(entries) == 3
        running = [
            sum(other.created_at <= entry.created_at < (other.ended_at or 0) for other in entries)
            for entry in entries
        ]
        assert max(running) == 2
        created = sorted(entry.created_at for entry in entries)
        assert all(later - earlier >= 0.5 for earlier, later in itertools.pairwise(created))


def test_a_person_who_has_had_the_days_trainings_waits_and_nobody_else_does(tmp_path: Path) -> None:
    with running_studio(tmp_path / "cloud", parameters={"MaxTrainingsPerPersonPerDay": 1}) as studio:
        studio.upload_portraits("keen", 151)
        studio.mark_ready("keen")
        studio.wait_until_trained("keen")
        studio.upload_portraits("keen", 152)
        studio.mark_ready("keen")
        eventually(lambda: (studio.document("keen")["blocked_by"] or {}).get("code") == "daily_limit")
        studio.upload_portraits("other", 153)
        studio.mark_ready("other")
        studio.wait_until_trained("other")
        keen = studio.document("keen")
        assert (keen["state"], keen["current"]["revision"]) == ("QUEUED", 2)
        assert keen["blocked_by"]["scope"] == "person"
        assert keen["finetuned_output"]
        assert studio.not_ready_because() == []
        assert len(studio.cloud.studio.ledger()) == 2


def test_without_an_admin_token_nothing_can_be_changed_and_the_answer_says_how_to_set_one(
    tmp_path: Path,
) -> None:
    with running_studio(tmp_path / "cloud", parameters={"AdminToken": ""}) as studio:
        answer = studio.get("/queue/probe", method="POST")
        assert (answer.status_code, answer.json()["code"]) == (403, "admin_not_enabled")
        assert "AdminToken" in answer.json()["detail"]
        assert studio.rows("requests", "name") == []
