"""Range reads: order, bounds, pages, filters."""

from __future__ import annotations

from typing import Any

import pytest
from tablestore import INF_MAX, INF_MIN, ComparatorType, Row, SingleColumnCondition

from aliyun_local.tablestore.codec.values import Cell, OperationType
from aliyun_local.tablestore.codec.values import Row as StoredRow
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.writes import Write
from tests.contracts.tablestore_client.contract.calls import INSTANCE, refused
from tests.emulators.tablestore.support import Emulator

ALL = ([("id", INF_MIN)], [("id", INF_MAX)])


def ids(rows: list[Row]) -> list[Any]:
    return [row.primary_key[0][1] for row in rows]


@pytest.fixture
def letters(emulator: Emulator) -> Emulator:
    """An emulator with a table of the rows a to e, each with its position."""
    emulator.create()
    for position, letter in enumerate("cadbe"):
        emulator.put("jobs", letter, ("n", position))
    return emulator


def test_rows_come_in_the_order_of_their_keys_in_both_directions(letters: Emulator) -> None:
    _, following, rows, _ = letters.client.get_range("jobs", "FORWARD", *ALL)
    assert (ids(rows), following) == (list("abcde"), None)
    _, following, rows, _ = letters.client.get_range("jobs", "BACKWARD", ALL[1], ALL[0])
    assert (ids(rows), following) == (list("edcba"), None)


def test_the_start_is_included_and_the_end_is_not(letters: Emulator) -> None:
    _, _, rows, _ = letters.client.get_range("jobs", "FORWARD", [("id", "b")], [("id", "d")])
    assert ids(rows) == ["b", "c"]
    _, _, rows, _ = letters.client.get_range("jobs", "BACKWARD", [("id", "d")], [("id", "b")])
    assert ids(rows) == ["d", "c"]
    _, _, rows, _ = letters.client.get_range("jobs", "FORWARD", [("id", "bb")], [("id", "cc")])
    assert ids(rows) == ["c"]


@pytest.mark.parametrize("direction", ["FORWARD", "BACKWARD"])
def test_pages_join_without_loss_or_repetition(letters: Emulator, direction: str) -> None:
    start, end = ALL if direction == "FORWARD" else ALL[::-1]
    pages = []
    while start is not None:
        _, start, rows, _ = letters.client.get_range("jobs", direction, start, end, limit=2)
        pages.append("".join(ids(rows)))
    assert pages == (["ab", "cd", "e"] if direction == "FORWARD" else ["ed", "cb", "a"])


def test_a_page_that_ends_with_the_range_names_no_next_key(letters: Emulator) -> None:
    _, following, rows, _ = letters.client.get_range("jobs", "FORWARD", *ALL, limit=5)
    assert (len(rows), following) == (5, None)


def test_a_page_may_be_empty_although_rows_follow(letters: Emulator) -> None:
    only_e = SingleColumnCondition("n", 4, ComparatorType.EQUAL, False)
    _, following, rows, _ = letters.client.get_range("jobs", "FORWARD", *ALL, limit=2, column_filter=only_e)
    assert (rows, following) == ([], [("id", "c")])
    assert ids(letters.scan("jobs", ["id"], limit=2, column_filter=only_e)) == ["e"]


def test_integers_sort_as_numbers_and_strings_as_utf_8(emulator: Emulator) -> None:
    emulator.create("numbers", [("id", "INTEGER")])
    numbers = [-(2**63), -256, -1, 0, 1, 255, 256, 2**63 - 1]
    for number in reversed(numbers):
        emulator.put("numbers", number)
    assert ids(emulator.scan("numbers", ["id"])) == numbers

    emulator.create("texts")
    texts = ["", "\x00", "\x00\x00", "\x00a", "\x01", "a", "a\x00", "a\x00b", "aa", "ÿ", "张", "￿", "😀"]
    for text in reversed(texts):
        emulator.put("texts", text)
    assert ids(emulator.scan("texts", ["id"])) == texts


def test_the_later_columns_of_a_key_bound_a_range_within_a_partition(emulator: Emulator) -> None:
    emulator.create(key=[("person", "STRING"), ("revision", "INTEGER")])
    for person in ("p", "pp", "q"):
        for revision in (1, 2, 3):
            emulator.put("jobs", [("person", person), ("revision", revision)])

    def read(*bounds: tuple[Any, Any]) -> list[tuple[Any, Any]]:
        start, end = ([("person", person), ("revision", revision)] for person, revision in bounds)
        _, _, rows, _ = emulator.client.get_range("jobs", "FORWARD", start, end)
        return [(row.primary_key[0][1], row.primary_key[1][1]) for row in rows]

    assert read(("p", INF_MIN), ("p", INF_MAX)) == [("p", 1), ("p", 2), ("p", 3)]
    assert read(("p", 3), ("pp", 2)) == [("p", 3), ("pp", 1)]
    assert read(("pp", INF_MAX), ("q", 2)) == [("q", 1)]
    assert read((INF_MIN, INF_MIN), ("p", 2)) == [("p", 1)]


def test_projection_applies_to_ranges(letters: Emulator) -> None:
    letters.put("jobs", "bb", ("other", 1))
    rows = letters.scan("jobs", ["id"], columns_to_get=["other"])
    assert [(row.primary_key, row.attribute_columns[0][:2]) for row in rows] == [
        ([("id", "bb")], ("other", 1))
    ]


@pytest.mark.parametrize(
    ("direction", "start", "end", "limit", "message"),
    [
        ("FORWARD", "b", "a", None, "Begin key must less than end key in FORWARD"),
        ("FORWARD", "a", "a", None, "Begin key must less than end key in FORWARD"),
        ("BACKWARD", "a", "b", None, "Begin key must more than end key in BACKWARD"),
        ("FORWARD", "a", "b", 0, "The limit must be greater than 0."),
        ("FORWARD", "a", "b", -1, "The limit must be greater than 0."),
    ],
)
def test_an_invalid_range_is_refused(
    letters: Emulator, direction: str, start: str, end: str, limit: int | None, message: str
) -> None:
    answer = refused(letters.client.get_range, "jobs", direction, [("id", start)], [("id", end)], limit=limit)
    assert answer == (400, "OTSParameterInvalid", message)


def fill(store: TableStore, count: int, value_bytes: int, batch: int = 200) -> None:
    for first in range(0, count, batch):
        writes = [
            Write(OperationType.PUT, StoredRow([("id", f"{n:06}")], [Cell("x", "v" * value_bytes)]))
            for n in range(first, min(first + batch, count))
        ]
        store.batch_write_row(INSTANCE, [("jobs", writes)])


def test_an_answer_ends_after_5000_rows(emulator: Emulator) -> None:
    emulator.create()
    fill(emulator.store, 5001, 1)
    _, following, rows, _ = emulator.client.get_range("jobs", "FORWARD", *ALL, limit=10_000)
    assert (len(rows), following) == (5000, [("id", "005000")])


def test_an_answer_ends_after_4_mb_and_its_cost_is_that_of_what_was_read(emulator: Emulator) -> None:
    emulator.create()
    fill(emulator.store, 60, 100_000, batch=40)
    consumed, following, rows, _ = emulator.client.get_range("jobs", "FORWARD", *ALL)
    size = sum(len("id") + 6 + len("x") + 100_000 for _ in rows)
    assert 4 * 1024 * 1024 <= size < 4 * 1024 * 1024 + 100_100
    assert following == [("id", f"{len(rows):06}")]
    assert consumed.read == -(-size // 4096)
    assert len(emulator.scan("jobs", ["id"])) == 60
