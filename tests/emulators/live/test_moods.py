"""The live questions find out a local cloud's switches, and a cloud set by the report is a cloud like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.switches import Switches
from tests.emulators.live.support import Account, Asked, account

TRAINING_SECONDS = 20
UNFAVOURABLE = {
    "second_fine_tune": "reject",
    "delete_terminal": "refuse",
    "failure_details": False,
    "keep_job_name": False,
    "show_finetuned_output": "always",
    "list_lag_seconds": 2.0,
    "get_lag_seconds": 1.0,
    "failed_usage": 1,
    "foreign_fine_tunes": 3,
    "most_entries_a_page": 2,
}
FRIENDLY = {
    "second_fine_tune": "queue",
    "delete_terminal": "allow",
    "failure_details": True,
    "keep_job_name": True,
    "show_finetuned_output": "succeeded",
    "list_lag_seconds": 0.0,
    "get_lag_seconds": 0.0,
    "failed_usage": 0,
    "foreign_fine_tunes": 0,
}
STRICT_PICTURES = {
    "orients_large_pictures": False,
    "heic_orientation_counts": True,
    "damaged_picture_status": 403,
    "decodes_unended_jpeg": False,
}
KIND_PICTURES = {
    "orients_large_pictures": True,
    "heic_orientation_counts": False,
    "damaged_picture_status": 400,
    "decodes_unended_jpeg": False,
}
# What a report must say of the cloud that has these switches. In an account of today without a domain no URL
# reaches DashScope, so the time of downloads stays open.
MOODS: dict[str, dict[str, dict[str, object]]] = {
    "an account of today": {
        "oss": {"public_data_access": False, **STRICT_PICTURES},
        "dashscope": UNFAVOURABLE,
    },
    "an old account": {
        "oss": {"public_data_access": True, **STRICT_PICTURES},
        "dashscope": {**UNFAVOURABLE, "fetch": "both"},
    },
    "a friendly account": {
        "oss": {"public_data_access": True, **KIND_PICTURES},
        "dashscope": {**FRIENDLY, "fetch": "start"},
    },
}


def behaviours(switches: dict[str, dict[str, object]]) -> tuple[Behaviour, OssBehaviour]:
    made = Switches(oss=OssBehaviour(), dashscope=Behaviour(training_seconds=TRAINING_SECONDS))
    made.set(switches)
    return made.dashscope, made.oss


def paid(folder: Path, dashscope: Behaviour, oss: OssBehaviour) -> tuple[Account, Asked]:
    with account(folder, dashscope, oss) as cloud:
        asked = cloud.ask("--pay")
        assert cloud.left() == []
        # One training with a face, and what the account bills for the one that fails: the second is canceled.
        billed = sum(entry.billed_trainings for entry in cloud.cloud.studio.ledger())
        assert billed == 1 + dashscope.failed_usage
    return cloud, asked


@pytest.mark.parametrize("mood", MOODS)
def test_the_report_has_the_switches_of_the_cloud_and_another_cloud_set_by_it_has_the_same_report(
    mood: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = {**MOODS[mood], "dashscope": {**MOODS[mood]["dashscope"], "facechain_approved": True}}
    first_folder, second_folder = tmp_path / "first", tmp_path / "second"
    first_folder.mkdir()
    second_folder.mkdir()
    cloud, asked = paid(first_folder, *behaviours(expected))
    assert asked.switches == expected
    assert asked.status == 0
    assert not [answer for answer in asked.report["answers"] if answer["seen"].startswith("not answered")]

    like = Switches(oss=OssBehaviour(), dashscope=Behaviour(training_seconds=TRAINING_SECONDS))
    like.set_like(cloud.report)
    _, again = paid(second_folder, like.dashscope, like.oss)
    assert {**again.report, "asked_at": ""} == {**asked.report, "asked_at": ""}

    said = capsys.readouterr().out + cloud.report.read_text(encoding="utf-8")
    keys = cloud.cloud.account
    for secret in (keys.access_key_id, keys.access_key_secret, keys.dashscope_api_key, "ignature=", "?x-oss"):
        assert secret not in said


def test_a_bound_domain_is_downloaded_from_and_the_users_bucket_keeps_what_was_in_it(tmp_path: Path) -> None:
    oss = OssBehaviour(domains={"photos.localhost": "photos"})
    with account(tmp_path, Behaviour(training_seconds=TRAINING_SECONDS, fetch="submit"), oss) as cloud:
        cloud.cloud.objects.create_bucket("photos")
        cloud.cloud.objects.put("photos", "theirs.txt", b"x")
        port = cloud.cloud.url("oss_public").rpartition(":")[2]
        # The part of DashScope knows names below localhost; this machine's resolver may not, so that data
        # goes by the internal endpoint.
        cloud.more = {"OSS_PUBLIC_DOMAIN": f"http://photos.localhost:{port}", "LIVE_BUCKET": "photos"}
        asked = cloud.ask("--pay")
        assert cloud.left() == ["photos", "theirs.txt"]
    assert asked.seen("fetch-custom-domain") == "Yes: a signed URL of it is downloaded."
    assert asked.seen("fetch-public-domain") == "No: a signed URL of it is not downloaded."
    assert asked.switches["dashscope"]["fetch"] == "submit"
    assert asked.switches["oss"]["damaged_picture_status"] == 403


def test_an_account_that_decodes_half_a_jpeg_is_known_by_it(tmp_path: Path) -> None:
    with account(tmp_path, oss=OssBehaviour(decodes_unended_jpeg=True)) as cloud:
        asked = cloud.ask()
    assert asked.seen("broken-jpeg") == "It is not refused."
    assert asked.switches["oss"]["decodes_unended_jpeg"] is True


def test_an_account_without_a_way_to_its_data_is_asked_about_the_rest(tmp_path: Path) -> None:
    with account(tmp_path) as cloud:
        cloud.more = {"OSS_ENDPOINT": ""}
        asked = cloud.ask()
        assert cloud.left() == []
    assert asked.status == 0
    assert asked.switches["oss"] == {"public_data_access": False}
    assert asked.seen("broken-jpeg").startswith("not asked: needs a way to the bucket's data from here")


def test_an_account_without_facechain_is_found_out_before_anything_is_paid(tmp_path: Path) -> None:
    with account(tmp_path, Behaviour(facechain_approved=False)) as cloud:
        asked = cloud.ask("--pay")
        assert cloud.cloud.studio.ledger() == []
        assert cloud.left() == []
    assert asked.switches["dashscope"]["facechain_approved"] is False
    assert asked.seen("second-submit").startswith("not asked: needs a training, and its submit was refused")


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("", "Yes: of an order with a model that nobody has, only that model is refused."),
        ("Endpoint.AccessDenied", "No: an order is refused with 403 Endpoint.AccessDenied."),
        ("ModelNotFound", "No: an order is refused with 404 ModelNotFound."),
        ("Arrearage", "An order is refused with 400 Arrearage, which says nothing about it."),
    ],
)
def test_whether_portraits_are_still_served_is_asked_for_nothing(
    code: str, seen: str, tmp_path: Path
) -> None:
    refused = {"GeneratePortraits": code} if code else {}
    with account(tmp_path, Behaviour(refused=refused)) as cloud:
        asked = cloud.ask()
        assert cloud.cloud.studio.portraits.ledger() == []
    assert asked.seen("generation-served") == seen


def test_a_refusal_for_the_cap_tells_the_cap(tmp_path: Path) -> None:
    behaviour = Behaviour(training_seconds=TRAINING_SECONDS, kept_fine_tunes=1, failed_usage=0)
    with account(tmp_path, behaviour, OssBehaviour(public_data_access=True)) as cloud:
        asked = cloud.ask("--pay")
    assert asked.switches["dashscope"]["kept_fine_tunes"] == 1


def test_without_pay_nothing_is_submitted_and_the_free_questions_are_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with account(tmp_path, oss=OssBehaviour(public_data_access=True)) as cloud:
        asked = cloud.ask()
        assert cloud.cloud.studio.ledger() == []
        assert cloud.cloud.studio.portraits.ledger() == []
        assert cloud.left() == []
    assert asked.switches["oss"] == {"public_data_access": True, **STRICT_PICTURES}
    assert asked.seen("fetch-public-domain") == "Yes: a signed URL of it is downloaded."
    assert asked.seen("second-submit") == "not asked: it is paid, and needs PAY=1"
    assert capsys.readouterr().out.startswith("Nothing but requests is paid, at most 0.05 CNY.")


def test_a_later_run_keeps_the_answers_that_it_cannot_ask_for(tmp_path: Path) -> None:
    with account(tmp_path, oss=OssBehaviour(public_data_access=True)) as cloud:
        first = cloud.ask()
        cloud.cloud.oss_behaviour.damaged_picture_status = 400
        cloud.more = {"DASHSCOPE_API_KEY": ""}
        later = cloud.ask("--since", str(cloud.report))
    assert later.switches["oss"] == {**first.switches["oss"], "damaged_picture_status": 400}
    assert later.switches["dashscope"] == first.switches["dashscope"] != {}
    assert later.seen("fetch-file-service") == first.seen("fetch-file-service")
