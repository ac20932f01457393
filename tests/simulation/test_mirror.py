"""What reads of tables are answered from is, at every read, what the emulator would have answered."""

from __future__ import annotations

from typing import Any

import pytest
import tablestore

from local.tablestore.values import Special
from tests.simulation.mirror import Mirror, Page, plain
from tests.simulation.seeds import play

SEEDS = range(8)

_BOUNDS = {id(tablestore.INF_MIN): Special.INF_MIN, id(tablestore.INF_MAX): Special.INF_MAX}


def test_every_read_of_a_story_gets_what_the_emulator_has(monkeypatch: pytest.MonkeyPatch) -> None:
    get, pages, read = Mirror.get, Mirror.range, set[str]()

    def same_row(mirror: Mirror, key: Any) -> Any:
        mine = get(mirror, key)
        found = mirror._store.get_row(mirror._table.instance, mirror._table.name, key).row
        assert (mine and _lists(mine)) == (found and plain(found))
        return mine

    def same_page(
        mirror: Mirror, name: str, start: Any, end: Any, *, backward: bool = False, limit: int | None
    ) -> Page:
        following, rows = pages(mirror, name, start, end, backward=backward, limit=limit)
        page = mirror._store.get_range(
            mirror._table.instance, name, _key(start), _key(end), backward=backward, limit=limit
        )
        assert following == (page.next_start and list(page.next_start))
        assert [_lists(row) for row in rows] == [plain(row) for row in page.rows]
        read.update({name} if rows else ())
        return following, rows

    monkeypatch.setattr(Mirror, "get", same_row)
    monkeypatch.setattr(Mirror, "range", same_page)
    for seed in SEEDS:
        play(seed)
    assert read >= {"jobs", "jobs_in_hand", "control"}


def _key(key: Any) -> list[tuple[str, Any]]:
    return [(name, _BOUNDS.get(id(value), value)) for name, value in key]


def _lists(row: Any) -> tuple[list[tuple[str, Any]], list[tuple[str, Any, int]]]:
    return list(row.primary_key), row.attribute_columns
