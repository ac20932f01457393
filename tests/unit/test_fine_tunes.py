"""Finding our own fine-tune in the account's list."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.clocks import TIME_TOLERANCE_MS, plausible_time
from shared.domain.fine_tunes import (
    OUR_MODEL,
    UTC_FOR_BEIJING_MS,
    FineTune,
    find_ours,
    job_of,
    path_of,
    unclear,
)
from tests.unit.support import MINUTE_MS, NOW, fine_tune

KEY = "submissions/0123456789abcdef0123-1/aa11.jpg"
OTHER = "submissions/0123456789abcdef0123-1/bb22.jpg"
FILE_ID = "ed5a313b-3fdf-4cc9-a0b0-66664af692e1"


@pytest.mark.parametrize(
    ("file", "path"),
    [
        (f"https://photos.oss-cn-beijing.aliyuncs.com/{KEY}", KEY),
        (f"https://photos.oss-cn-beijing.aliyuncs.com/{KEY}?x-oss-signature=abc&x=/y", KEY),
        (f"https://photos.oss-cn-beijing.aliyuncs.com/{KEY}#fragment", KEY),
        ("https://h/submissions%2Fa.jpg", "submissions/a.jpg"),
        ("https://h/%E6%9D%8E/a+b.jpg", "李/a+b.jpg"),
        ("https://h/100%25.jpg", "100%.jpg"),
        ("https://h:8443//a.jpg", "a.jpg"),
        ("https://h", ""),
        ("oss://bucket/a.jpg", "a.jpg"),
        (FILE_ID, FILE_ID),
        ("file-fe-0123", "file-fe-0123"),
        ("", ""),
    ],
)
def test_the_path_of_a_url_is_decoded_and_a_file_id_is_itself(file: str, path: str) -> None:
    assert path_of(file) == path


def ours(*files: str, fine_tune_id: str = "ft-ours") -> FineTune:
    return fine_tune("RUNNING", fine_tune_id, files=files)


FOREIGN = [
    fine_tune("SUCCEEDED", "ft-foreign-1", files=("https://other.example/people/a.jpg",)),
    fine_tune("RUNNING", "ft-foreign-2", files=("11111111-2222-3333-4444-555555555555",)),
    fine_tune("FAILED", "ft-foreign-3"),
    fine_tune("RUNNING", "ft-foreign-4", files=("", "/", "https://", "https://h/")),
    fine_tune("RUNNING", "ft-foreign-5", files=("https://h/submissions/another-1/aa11.jpg",)),
]


@pytest.mark.parametrize(
    "file",
    [
        f"https://photos.oss-cn-beijing.aliyuncs.com/{KEY}",
        f"https://photos.oss-cn-beijing.aliyuncs.com/{KEY}?Expires=1&Signature=x",
        f"http://photos.oss-cn-beijing-internal.aliyuncs.com/{KEY}",
        f"https://oss-cn-beijing.aliyuncs.com/photos/{KEY}",
        f"http://127.0.0.1:9000/photos/{KEY}",
        f"https://cdn.example.com/{KEY.replace('/', '%2F')}",
        f"https://oss-cn-beijing.aliyuncs.com/photos/{KEY.replace('-', '%2D')}",
        f"https://dashscope-file-mgr.oss-cn-beijing.aliyuncs.com/api-fs/1/2/{KEY}",
    ],
)
def test_a_fine_tune_made_from_our_snapshot_is_found_by_any_form_of_url(file: str) -> None:
    assert find_ours([*FOREIGN, ours(file)], [KEY], not_these=()) == ours(file)


def test_a_fine_tune_made_from_our_file_ids_is_found() -> None:
    assert find_ours([*FOREIGN, ours(FILE_ID)], [KEY, FILE_ID], not_these=()) == ours(FILE_ID)


def test_a_fine_tune_made_from_our_file_id_is_found_by_the_url_that_the_file_service_gives_it() -> None:
    url = f"http://dashscope-file-mgr.oss-cn-beijing.aliyuncs.com/api-fs/1/67516/{FILE_ID}/a.jpg"
    assert find_ours([*FOREIGN, ours(url)], [FILE_ID], not_these=()) == ours(url)
    assert find_ours([*FOREIGN, ours(url.replace(FILE_ID, f"{FILE_ID}0"))], [FILE_ID], not_these=()) is None


def test_a_fine_tune_without_an_id_is_never_adopted() -> None:
    nameless = ours(f"https://h/{KEY}", fine_tune_id="")
    assert find_ours([nameless], [KEY], not_these=()) is None
    assert find_ours([nameless, ours(f"https://h/{KEY}")], [KEY], not_these=()) == ours(f"https://h/{KEY}")


def test_one_shared_file_among_several_is_proof_enough() -> None:
    mixed = ours("https://h/unknown.jpg", FILE_ID, f"https://h/{OTHER}")
    assert find_ours([mixed], [KEY, OTHER], not_these=()) == mixed


@pytest.mark.parametrize(
    "file",
    [
        f"https://h/{KEY}x",
        f"https://h/x{KEY}",
        f"https://h/{KEY}/",
        f"https://h/{KEY.rpartition('/')[0]}",
        f"https://h/?{KEY}",
        f"https://{KEY}"[:-8],
        KEY.upper(),
        f"https://h/{KEY.replace('%', '%25').replace('/', '%252F')}",
    ],
)
def test_a_fine_tune_made_from_something_similar_is_not_ours(file: str) -> None:
    assert find_ours([*FOREIGN, ours(file)], [KEY], not_these=()) is None


def test_fine_tunes_that_earlier_attempts_own_are_passed_over() -> None:
    first, second = (
        ours(f"https://h/{KEY}", fine_tune_id="ft-1"),
        ours(f"https://h/{KEY}", fine_tune_id="ft-2"),
    )
    assert find_ours([first, second], [KEY], not_these=("ft-1",)) == second
    assert find_ours([first, second], [KEY], not_these=("ft-1", "ft-2")) is None


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_the_list_does_not_matter(seed: int) -> None:
    listed = [*FOREIGN, ours(f"https://h/{KEY}")]
    random.Random(seed).shuffle(listed)
    found = find_ours(iter(listed), [KEY], not_these=())
    assert found is not None
    assert found.fine_tune_id == "ft-ours"


def test_without_files_of_ours_nothing_is_ours() -> None:
    assert find_ours([*FOREIGN, ours(f"https://h/{KEY}")], [], not_these=()) is None


def test_a_foreign_fine_tune_with_a_malformed_url_does_not_hide_ours() -> None:
    malformed = fine_tune("FAILED", "ft-foreign", files=("http://[bad/a.jpg",))
    assert find_ours([malformed, ours(f"https://h/{KEY}")], [KEY], not_these=()) == ours(f"https://h/{KEY}")


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("PENDING", True),
        ("RUNNING", True),
        ("SUCCEEDED", True),
        ("", True),
        ("FAILED", False),
        ("CANCELED", False),
    ],
)
def test_failed_and_canceled_fine_tunes_do_not_count_against_the_cap(status: str, counts: bool) -> None:
    assert fine_tune(status).counts_against_the_cap is counts


JOB = "0123456789abcdef0123-1"
BUCKET = "photos"
HOST = f"https://{BUCKET}.oss-cn-beijing.aliyuncs.com"


@pytest.mark.parametrize(
    ("files", "job"),
    [
        ((f"{HOST}/{KEY}?x=1",), JOB),
        ((f"http://{BUCKET}.oss-cn-beijing-internal.aliyuncs.com:80/{KEY}",), JOB),
        ((f"https://oss-cn-beijing.aliyuncs.com/{BUCKET}/{KEY}",), JOB),
        ((f"http://127.0.0.1:9000/{BUCKET}/{KEY}",), JOB),
        ((f"{HOST}/{KEY.replace('/', '%2F')}",), JOB),
        ((f"https://oss-cn-beijing.aliyuncs.com/{BUCKET}/{KEY.replace('-', '%2D')}",), JOB),
        ((f"{HOST}/other.jpg", "http://[bad/a.jpg", FILE_ID, f"{HOST}/{KEY}"), JOB),
        ((), None),
        ((FILE_ID,), None),
        ((KEY,), None),
        ((f"{HOST}/people/li/a.jpg",), None),
        ((f"{HOST}/submissions/a.jpg",), None),
        ((f"{HOST}/{KEY}/more",), None),
        ((f"{HOST}/x/{KEY}",), None),
    ],
)
def test_a_fine_tune_made_from_snapshots_names_its_job(files: tuple[str, ...], job: str | None) -> None:
    assert job_of(fine_tune(files=files), BUCKET) == job


@pytest.mark.parametrize(
    "file",
    [
        f"https://{BUCKET}-2.oss-cn-beijing.aliyuncs.com/{KEY}",
        f"https://my-{BUCKET}.oss-cn-beijing.aliyuncs.com/{KEY}",
        f"https://oss-cn-beijing.aliyuncs.com/{BUCKET}-2/{KEY}",
        f"https://oss-cn-beijing.aliyuncs.com/my-{BUCKET}/{KEY}",
        f"https://oss-cn-beijing.aliyuncs.com/theirs/{BUCKET}/{KEY}",
        f"https://oss-cn-beijing.aliyuncs.com/{KEY}",
        f"https://theirs.oss-cn-beijing.aliyuncs.com/{KEY}?{BUCKET}.",
    ],
)
def test_snapshots_of_a_bucket_with_a_similar_name_are_a_strangers(file: str) -> None:
    assert job_of(fine_tune(files=(file,)), BUCKET) is None


def test_a_fine_tune_made_from_another_buckets_snapshots_is_a_strangers() -> None:
    # Two stacks may share one DashScope account; to each the other's people look erased.
    ours_, theirs = (
        fine_tune(files=(f"https://{bucket}.oss.example/{KEY}",)) for bucket in ("ours", "theirs")
    )
    assert [job_of(one, "ours") for one in (ours_, theirs)] == [JOB, None]
    assert [job_of(one, "theirs") for one in (ours_, theirs)] == [None, JOB]


def test_a_foreign_fine_tune_with_a_malformed_url_belongs_to_no_job() -> None:
    assert path_of("http://[bad/a.jpg") == ""
    assert job_of(fine_tune(files=("http://[bad/a.jpg",)), BUCKET) is None


# -- what may be ours and cannot be proved to be ----------------------------------------------------

SINCE, UNTIL = NOW, NOW + 5 * MINUTE_MS
ANOTHER = f"submissions/{'f' * 20}-7/cc33.jpg"


def doubtful(**changes: Any) -> FineTune:
    """A fine-tune of our model, made in the window, whose files DashScope does not show."""
    return replace(fine_tune("RUNNING", "ft-x", model=OUR_MODEL, created_at=NOW + MINUTE_MS), **changes)


def in_doubt(*listed: FineTune, count: int = 2, **known: Any) -> list[str]:
    given = {"not_these": (), "known": (), **known}
    found = unclear(listed, since=SINCE, until=UNTIL, count=count, **given)
    return [one.fine_tune_id for one in found]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"files": ("https://dashscope.oss-cn-beijing.aliyuncs.com/1/a.jpg",) * 2},
        {"files": ("https://b.oss-cn-beijing.aliyuncs.com/people/li/a.jpg", "x")},
        {"files": ("11111111-2222-3333-4444-555555555555", FILE_ID)},
        {"files": ("", "None")},
        {"files": ("http://[bad/a.jpg", "https://h")},
        # Something like a snapshot, but of no job, no picture, or in another folder.
        {"files": ("https://h/submissions/a.jpg", "https://h/submissions/photo/a.jpg")},
        {"files": (f"https://h/{ANOTHER}x", f"https://h/{ANOTHER.replace('submissions', 'results')}")},
        {"files": (f"https://h/{ANOTHER}/a.jpg", f"https://h/x{ANOTHER}")},
        {"model": ""},
        {"created_at": None},
        {"created_at": SINCE - TIME_TOLERANCE_MS},
        {"created_at": UNTIL + TIME_TOLERANCE_MS},
        # Times that come in UTC are taken for eight hours ago.
        {"created_at": NOW + MINUTE_MS - UTC_FOR_BEIJING_MS},
        {"status": "SUCCEEDED"},
        {"status": "FAILED"},
        {"status": ""},
        # It was no candidate for adoption, so even a snapshot clears it not.
        {"fine_tune_id": "", "files": (f"https://h/{KEY}", f"https://h/{OTHER}")},
    ],
    ids=str,
)
def test_what_nothing_clears_may_be_ours(changes: dict[str, Any]) -> None:
    assert in_doubt(doubtful(**changes)) == [changes.get("fine_tune_id", "ft-x")]


def test_a_fine_tune_of_which_nothing_is_told_may_be_ours() -> None:
    assert in_doubt(FineTune(fine_tune_id="ft-x", status="RUNNING")) == ["ft-x"]


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "qwen3-14b"},
        {"created_at": SINCE - TIME_TOLERANCE_MS - 1},
        {"created_at": UNTIL + TIME_TOLERANCE_MS + 1},
        {"created_at": NOW - 24 * 60 * MINUTE_MS},
        {"files": ("https://h/a.jpg",)},
        {"files": ("https://h/a.jpg",) * 3},
        # A stranger's snapshot: another stack's, or another job's, in whatever form.
        {"files": (f"https://theirs.oss-cn-beijing.aliyuncs.com/{ANOTHER}", "https://h/a.jpg")},
        {"files": ("https://h/a.jpg", f"https://oss-cn-beijing.aliyuncs.com/theirs/{ANOTHER}")},
        {"files": (f"https://h/{ANOTHER.replace('/', '%2F')}", "https://h/a.jpg")},
        {"files": (f"https://dashscope.aliyuncs.com/copies/1/{ANOTHER}", "")},
    ],
    ids=str,
)
def test_what_is_plainly_not_ours_is_not_in_doubt(changes: dict[str, Any]) -> None:
    assert in_doubt(doubtful(**changes)) == []


def test_the_number_of_files_clears_nothing_when_it_is_not_known() -> None:
    assert in_doubt(doubtful(files=("https://h/a.jpg",)), count=0) == ["ft-x"]


def test_what_other_jobs_and_other_attempts_own_is_not_in_doubt() -> None:
    listed = [doubtful(fine_tune_id=f"ft-{number}") for number in range(4)]
    assert in_doubt(*listed, not_these=("ft-0",), known=("ft-2", "ft-3")) == ["ft-1"]


def test_an_unnamed_owner_settles_nothing() -> None:
    assert in_doubt(doubtful(fine_tune_id=""), not_these=("",), known=("",)) == [""]


# -- times ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "is_plausible"),
    [
        (None, False),
        (SINCE, True),
        (UNTIL, True),
        (SINCE - TIME_TOLERANCE_MS, True),
        (SINCE - TIME_TOLERANCE_MS - 1, False),
        (UNTIL + TIME_TOLERANCE_MS, True),
        (UNTIL + TIME_TOLERANCE_MS + 1, False),
        (SINCE - UTC_FOR_BEIJING_MS, False),
        (UNTIL + UTC_FOR_BEIJING_MS, False),
        (0, False),
    ],
)
def test_a_time_is_used_only_if_it_can_lie_between_two_of_our_own(
    time: int | None, is_plausible: bool
) -> None:
    assert plausible_time(time, SINCE, UNTIL) == (time if is_plausible else None)


def test_no_wrong_time_zone_is_within_the_tolerance() -> None:
    assert 0 < TIME_TOLERANCE_MS < 15 * MINUTE_MS
