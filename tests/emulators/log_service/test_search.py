"""What a search of the local Simple Log Service finds, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aliyun_local.clock import ControlledClock
from aliyun_local.log_service.entries import KEPT_DAYS, Entry, LogEntries
from aliyun_local.log_service.errors import LogServiceError
from aliyun_local.log_service.queries import parse

LINE = '2026-11-29T08:00:00.000Z 1-6b0b-77 [INFO] {"event": "photo_checked", "person": "王小明"}'
PROJECT, LOGSTORE = "project", "functions"
FAR_AWAY = 2**40


@pytest.fixture
def entries() -> Iterator[LogEntries]:
    store = LogEntries(None, ControlledClock())
    store.create_logstore(PROJECT, LOGSTORE)
    yield store
    store.close()


def found(
    entries: LogEntries, since: int = 0, until: int = FAR_AWAY, *, newest_first: bool = False
) -> list[Entry]:
    return list(
        entries.search(PROJECT, LOGSTORE, parse("*"), since=since, until=until, newest_first=newest_first)
    )


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "*",
        "王小明",
        '"王小明"',
        "小明",
        "photo_checked",
        "PHOTO_CHECKED",
        "photo*",
        "1-6b0b-7?",
        'message: "王小明"',
        '__topic__: "FCLogs:collect"',
        "photo_checked and 王小明",
        "photo_checked 王小明",
        "nothing or 王小明",
        "not nothing",
        "(nothing or 王小明) and not other",
        '#"person: 王小明"',
    ],
)
def test_a_statement_finds_the_entry(statement: str) -> None:
    assert parse(statement)({"__topic__": "FCLogs:collect", "message": LINE})


@pytest.mark.parametrize(
    "statement",
    [
        "王大明",
        "photo",
        "checked",
        '__topic__: "FCLogs:status"',
        'person: "王小明"',
        "photo_checked and nothing",
        "not 王小明",
        "nothing or not 王小明 and photo_checked",
        '#"王小明 person"',
    ],
)
def test_a_statement_does_not_find_the_entry(statement: str) -> None:
    assert not parse(statement)({"__topic__": "FCLogs:collect", "message": LINE})


def test_a_quoted_term_asks_for_its_words_in_any_order() -> None:
    assert parse('"明王小"')({"message": LINE})


@pytest.mark.parametrize(
    "statement",
    [
        "*checked",
        "(小明",
        "小明)",
        "message:",
        "not",
        "* | SELECT count(*)",
        " ".join(["word"] * 31),
        " and ".join(["message: word"] * 31),
        "(" * 5000,
        "not " * 5000 + "word",
        "a and",
    ],
)
def test_what_is_no_search_statement_is_refused(statement: str) -> None:
    with pytest.raises(LogServiceError) as refused:
        parse(statement)
    assert (refused.value.status, refused.value.code) == (400, "ParameterInvalid")


def test_a_statement_has_thirty_conditions_whatever_joins_them() -> None:
    for one in ("photo_checked", "message: photo_checked", "not nothing", "(not message: nothing)"):
        assert parse(" and ".join([one] * 30))({"message": LINE})


def test_a_search_has_a_first_moment_and_ends_before_a_last_one(entries: LogEntries) -> None:
    entries.append(PROJECT, LOGSTORE, "topic", {"message": LINE})
    [entry] = found(entries)
    at = entry.logged_at
    assert [len(found(entries, *span)) for span in ((at, at + 1), (at + 1, at + 60), (at - 60, at))] == [
        1,
        0,
        0,
    ]


def test_entries_come_oldest_first_or_newest_first(entries: LogEntries) -> None:
    for number in range(3):
        entries.append(PROJECT, LOGSTORE, "topic", {"message": str(number)})
    oldest, newest = (
        "".join(entry.contents["message"] for entry in found(entries, newest_first=newest_first))
        for newest_first in (False, True)
    )
    assert (oldest, newest) == ("012", "210")


@pytest.mark.parametrize(
    ("project", "logstore", "code"),
    [("other", LOGSTORE, "ProjectNotExist"), (PROJECT, "other", "LogStoreNotExist")],
)
def test_what_does_not_exist_is_named(entries: LogEntries, project: str, logstore: str, code: str) -> None:
    with pytest.raises(LogServiceError) as refused:
        list(entries.search(project, logstore, parse("*"), since=0, until=FAR_AWAY, newest_first=False))
    assert (refused.value.status, refused.value.code) == (404, code)


def test_what_is_logged_without_its_logstore_is_lost_and_goes_with_it(entries: LogEntries) -> None:
    entries.append(PROJECT, "other", "topic", {"message": LINE})
    entries.append(PROJECT, LOGSTORE, "topic", {"message": LINE})
    entries.delete_logstore(PROJECT, LOGSTORE)
    for name in ("other", LOGSTORE):
        entries.create_logstore(PROJECT, name)
        assert (
            list(entries.search(PROJECT, name, parse("*"), since=0, until=FAR_AWAY, newest_first=False)) == []
        )


def test_entries_are_kept_on_disk_for_thirty_days(tmp_path: Path) -> None:
    clock = ControlledClock()
    for days_later, expected in ((0, 1), (KEPT_DAYS - 1, 1), (2, 0)):
        clock.advance(days_later * 86_400)
        entries = LogEntries(tmp_path / "logs.sqlite", clock)
        if not days_later:
            entries.create_logstore(PROJECT, LOGSTORE)
            entries.append(PROJECT, LOGSTORE, "topic", {"message": LINE})
        assert len(found(entries)) == expected
        entries.close()
