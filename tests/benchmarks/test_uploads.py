"""The count of a photo's calls: what a busy machine makes twice is no call of the photo."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.benchmarks.uploads import is_disturbed, kinds_of_calls


def call(operation: str, status: int = 200, path: str = "/") -> dict[str, object]:
    return {"operation": operation, "status": status, "path": path}


@pytest.mark.parametrize(
    ("made", "disturbed"),
    [
        (call("DetectFaces"), False),
        (call("DetectFaces", 400), True),
        (call("DetectFaces", 429), True),
        (call("GetRow", 503), True),
        (call("PostProcessTask", 0), True),
        (call("GetObject", 404), False),
        (call("PutRow", 403), False),
    ],
)
def test_a_photo_counts_only_when_none_of_its_calls_has_to_be_made_again(
    made: dict[str, object], disturbed: bool
) -> None:
    assert is_disturbed(made) is disturbed


def test_each_call_is_counted_as_what_it_is() -> None:
    calls = [call("GetRange"), call("PutRow"), call("PutRow"), call("DetectFaces"), call("HeadObject")]
    calls += [call("GetObject", path="/people/a/1.jpg"), call("GetObject", path="/submissions/x.jpg")]
    assert Counter(kinds_of_calls(calls, "people/a/1.jpg")) == {
        "reads of Tablestore": 1,
        "writes of Tablestore": 2,
        "face checks": 1,
        "downloads of the upload": 1,
    }
