"""Events of the triggers, as the platform sends them and as it should not."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.photos import Stored
from shared.events import ObjectEvent, UnusableEvent, parse_oss_event, parse_trigger_time
from tests.unit.support import NOW, few_examples


def oss_event(
    key: str = "people/li/a.jpg", bucket: str = "photos", name: str = "ObjectCreated:PutObject"
) -> Any:
    """One entry with all that OSS sends."""
    return {
        "eventName": name,
        "eventSource": "acs:oss",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "eventVersion": "1.0",
        "region": "cn-beijing",
        "requestParameters": {"sourceIPAddress": "1.2.3.4"},
        "responseElements": {"requestId": "5F"},
        "userIdentity": {"principalId": "1"},
        "oss": {
            "bucket": {"arn": f"acs:oss:cn-beijing:1:{bucket}", "name": bucket, "ownerIdentity": "1"},
            "object": {"deltaSize": 1, "eTag": "E", "key": key, "size": 1},
            "ossSchemaVersion": "1.0",
            "ruleId": "r",
        },
    }


def parse(*entries: Any) -> list[ObjectEvent]:
    return parse_oss_event(json.dumps({"events": list(entries)}).encode())


@pytest.mark.parametrize(
    "key", ["people/li/a.jpg", "people/李雷/照片 1.jpg", "people/a+b/100%25.jpg", "people/👩/🤳"]
)
def test_a_key_is_taken_literally(key: str) -> None:
    (event,) = parse(oss_event(key))
    assert (event.key, event.bucket, event.name) == (key, "photos", "ObjectCreated:PutObject")
    assert event.problem_for("photos") == ""


def test_an_event_describes_its_object_in_case_that_the_bucket_will_not() -> None:
    (event,) = parse(oss_event())
    assert event.stored == Stored(etag="E", size=1, modified_at=NOW)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("object", "eTag", None),
        ("object", "eTag", ""),
        ("object", "size", "1"),
        ("object", "size", None),
        ("event", "eventTime", "yesterday"),
        ("event", "eventTime", 5),
    ],
)
def test_an_event_that_describes_its_object_badly_is_taken_for_its_key_alone(
    part: str, name: str, value: object
) -> None:
    entry = oss_event()
    (entry if part == "event" else entry["oss"]["object"])[name] = value
    (event,) = parse(entry)
    assert (event.key, event.stored) == ("people/li/a.jpg", None)


def test_several_entries_come_out_in_order_and_text_is_as_good_as_bytes() -> None:
    entries = [oss_event(f"people/li/{number}.jpg") for number in range(3)]
    assert [event.key for event in parse(*entries)] == [f"people/li/{number}.jpg" for number in range(3)]
    assert parse_oss_event(json.dumps({"events": entries})) == parse(*entries)
    assert parse_oss_event('{"events": []}') == []


@pytest.mark.parametrize(
    ("name", "watched"),
    [
        ("ObjectCreated:PutObject", True),
        ("ObjectCreated:PostObject", True),
        ("ObjectCreated:CompleteMultipartUpload", True),
        ("ObjectCreated:CopyObject", True),
        ("ObjectCreated:AppendObject", False),
        ("ObjectCreated:UploadPart", False),
        ("ObjectCreated:InitiateMultipartUpload", False),
        ("ObjectCreated:PutSymlink", False),
        ("ObjectCreated:*", False),
        ("ObjectCreated:", False),
        ("ObjectCreated", False),
        ("ObjectRemoved:DeleteObject", False),
        ("ObjectRemoved:PutObject", False),
        ("PutObject", False),
        ("objectcreated:putobject", False),
        ("", False),
    ],
)
def test_only_finished_uploads_are_of_interest(name: str, watched: bool) -> None:
    (event,) = parse(oss_event(name=name))
    assert (event.problem_for("photos") == "") is watched


def test_another_bucket_and_an_entry_without_a_key_are_refused_with_a_reason() -> None:
    assert "'other'" in parse(oss_event(bucket="other"))[0].problem_for("photos")
    assert "names no object" in parse(oss_event(key=""))[0].problem_for("photos")


ODD_ENTRIES: list[Any] = [
    None,
    5,
    "text",
    [],
    {},
    {"oss": None},
    {"oss": []},
    {"oss": {"object": "people/li/a.jpg", "bucket": "photos"}, "eventName": "ObjectCreated:PutObject"},
    {"oss": {"object": {"key": 5}, "bucket": {"name": None}}, "eventName": ["ObjectCreated:PutObject"]},
    {"oss": {"object": {"key": None}}, "eventName": None},
]


@pytest.mark.parametrize("entry", ODD_ENTRIES, ids=str)
def test_an_odd_entry_is_a_problem_of_its_own_and_not_of_its_neighbours(entry: Any) -> None:
    odd, good = parse(entry, oss_event())
    assert odd.problem_for("photos") != ""
    assert good.problem_for("photos") == ""


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"null",
        b"5",
        b'"text"',
        b"[]",
        b"{}",
        b'{"events": null}',
        b'{"events": {}}',
        b"{",
        b"\xff\xfe\x00",
        b"<xml/>",
    ],
)
def test_an_event_that_is_not_from_oss_is_unusable(event: bytes) -> None:
    with pytest.raises(UnusableEvent):
        parse_oss_event(event)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["events", "oss", "object", "bucket", "key", "name", "eventName", "triggerTime"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@few_examples
@given(JSON)
def test_no_json_at_all_makes_parsing_fail_in_any_other_way(document: Any) -> None:
    text = json.dumps(document)
    try:
        for event in parse_oss_event(text):
            event.problem_for("photos")
    except UnusableEvent:
        pass
    with contextlib.suppress(UnusableEvent):
        parse_trigger_time(text)
        assert isinstance(document, dict)


@few_examples
@given(st.binary(max_size=40))
def test_no_bytes_at_all_make_parsing_fail_in_any_other_way(event: bytes) -> None:
    for parse_it in (parse_oss_event, parse_trigger_time):
        with contextlib.suppress(UnusableEvent):
            parse_it(event)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T00:00:00Z", 1_767_225_600_000),
        ("2026-01-01T00:00:00.250Z", 1_767_225_600_250),
        ("2026-01-01T08:00:00+08:00", 1_767_225_600_000),
        ("", None),
        ("yesterday", None),
        ("2026-13-01T00:00:00Z", None),
        (5, None),
        (None, None),
        ([], None),
    ],
)
def test_a_timers_event_says_when_it_was_due(text: object, expected: int | None) -> None:
    event = {"triggerTime": text, "triggerName": "tick", "payload": ""}
    assert parse_trigger_time(json.dumps(event).encode()) == expected


@pytest.mark.parametrize("event", [b"", b"[]", b"null", b"5", b'"text"', b"{", b"\xff", b"<xml/>"])
def test_a_timers_event_that_is_no_event_is_unusable(event: bytes) -> None:
    with pytest.raises(UnusableEvent):
        parse_trigger_time(event)
