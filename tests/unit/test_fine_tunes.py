"""Finding our own fine-tune in the account's list."""

from __future__ import annotations

import random

import pytest

from shared.domain.fine_tunes import FineTune, find_ours, job_of, path_of
from tests.unit.support import fine_tune

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
    ],
)
def test_a_fine_tune_made_from_our_snapshot_is_found_by_any_form_of_url(file: str) -> None:
    assert find_ours([*FOREIGN, ours(file)], [KEY], not_these=()) == ours(file)


def test_a_fine_tune_made_from_our_file_ids_is_found() -> None:
    assert find_ours([*FOREIGN, ours(FILE_ID)], [KEY, FILE_ID], not_these=()) == ours(FILE_ID)


def test_one_shared_file_among_several_is_proof_enough() -> None:
    mixed = ours("https://h/unknown.jpg", FILE_ID, f"https://h/{OTHER}")
    assert find_ours([mixed], [KEY, OTHER], not_these=()) == mixed


@pytest.mark.parametrize(
    "file",
    [
        f"https://h/{KEY}x",
        f"https://h/x{KEY}",
        f"https://h/a/b/{KEY}",
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
