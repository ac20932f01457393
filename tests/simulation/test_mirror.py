"""Where the emulator is there, it agrees with the tables in plain Python at every read and every write."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import tablestore

from aliyun_local.tablestore.codec.values import Special
from aliyun_local.tablestore.store.models import TableStore
from shared.clients.request_table import RequestTable
from shared.domain.control_rows import Doorbell
from shared.domain.requests import Request
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.faults import NoFaults
from tests.simulation.kernel import Run
from tests.simulation.mirror import Existence, Mirror, Page, plain
from tests.simulation.seeds import TABLES_CHECKED_EVERY, play
from tests.simulation.stores import SimulatedOtsClient

SEEDS = range(0, 8 * TABLES_CHECKED_EVERY, TABLES_CHECKED_EVERY)

_BOUNDS = {id(tablestore.INF_MIN): Special.INF_MIN, id(tablestore.INF_MAX): Special.INF_MAX}


def test_every_read_of_a_story_gets_what_the_emulator_has(monkeypatch: pytest.MonkeyPatch) -> None:
    make, get, pages = SimulatedOtsClient.__init__, Mirror.get, Mirror.range
    stores: dict[Mirror, TableStore] = {}
    read: set[str] = set()

    def made(client: SimulatedOtsClient, store: TableStore, *args: Any, **options: Any) -> None:
        make(client, store, *args, **options)
        stores.update(dict.fromkeys(client.mirrors.values(), store))

    def same_row(mirror: Mirror, key: Any) -> Any:
        mine = get(mirror, key)
        found = stores[mirror].get_row(mirror._table.instance, mirror._table.name, key).row
        assert (mine and _lists(mine)) == (found and plain(found))
        return mine

    def same_page(
        mirror: Mirror, name: str, start: Any, end: Any, *, backward: bool = False, limit: int | None
    ) -> Page:
        following, rows = pages(mirror, name, start, end, backward=backward, limit=limit)
        page = stores[mirror].get_range(
            mirror._table.instance, name, _key(start), _key(end), backward=backward, limit=limit
        )
        assert following == (page.next_start and list(page.next_start))
        assert [_lists(row) for row in rows] == [plain(row) for row in page.rows]
        read.update({name} if rows else ())
        return following, rows

    monkeypatch.setattr(SimulatedOtsClient, "__init__", made)
    monkeypatch.setattr(Mirror, "get", same_row)
    monkeypatch.setattr(Mirror, "range", same_page)
    for seed in SEEDS:
        play(seed)
    assert read >= {"jobs", "jobs_in_hand", "control"}


@pytest.mark.parametrize("emulated", [False, True])
def test_requests_and_what_was_seen_are_written_and_read_by_every_call(emulated: bool) -> None:
    cloud = SimulatedCloud(1, NoFaults(), emulated_tables=emulated)
    read: list[Any] = []

    def work(run: Run) -> None:
        world, requests = cloud.world(run), cloud.world(run).requests
        assert isinstance(requests, RequestTable)
        asked = requests.ring(Request(request_id="1-a", kind="pause", asked_at=1, asked_by="admin"))
        world.seen.remember("anna", {f"{number}.jpg": f"E{number}" for number in range(250)}, 1)
        world.seen.remember("anna", {"0.jpg": "other"}, 2)
        rows = world.control.read_all()
        assert rows.doorbell is not None
        read.extend([rows.doorbell.is_rung, requests.pending(5, 2)[:3] == ((asked,), True, 0)])
        requests.settle(asked, "done", 2)
        requests.silence(rows.doorbell)
        read.extend([world.control.read_all().doorbell, requests.pending(5, 2)[:3]])
        read.append(world.seen.etags("anna", ["0.jpg", "249.jpg", "250.jpg"]))

    cloud.kernel.spawn("reconcile", work, timeout=600_000)
    cloud.advance(600_000)
    assert read == [True, True, Doorbell(version=2), ((), True, 0), {"0.jpg": "other", "249.jpg": "E249"}]
    operations = Counter(call.operation for call in cloud.gate.trace)
    assert operations["BatchWriteRow seen"] == 3
    assert operations["BatchGetRow control requests"] == 2
    if cloud.tables is not None:
        for mirror in cloud._ots.mirrors.values():
            mirror.check(cloud.tables)
    cloud.close()


@pytest.mark.parametrize("existence", ["IGNORE", "EXPECT_EXIST", "EXPECT_NOT_EXIST"])
@pytest.mark.parametrize("expected", [None, 1, 2])
@pytest.mark.parametrize("there", [False, True])
def test_a_condition_is_judged_as_the_emulator_judges_it(
    existence: str, expected: int | None, there: bool
) -> None:
    cloud = SimulatedCloud(1, NoFaults())
    client, tables = cloud._ots, cloud.tables
    assert tables is not None
    ends: list[str] = []

    def write(condition: Any) -> None:
        row = tablestore.Row([("name", "slot")], [("version", 1), ("value", "{}")])
        try:
            client._put_into_store(tables, "control", row, condition, is_allowed=True)
        except AssertionError:
            ends.append("refused")
        else:
            ends.append("taken")
        if client.mirrors["control"].allows(row.primary_key, condition):
            client.mirrors["control"].written(row.primary_key, dict(row.primary_key + row.attribute_columns))
            ends.append("taken")
        else:
            ends.append("refused")

    if there:
        write(tablestore.Condition(Existence.IGNORE))
    column = (
        None
        if expected is None
        else tablestore.SingleColumnCondition(
            "version", expected, tablestore.ComparatorType.EQUAL, pass_if_missing=False
        )
    )
    write(tablestore.Condition(getattr(Existence, existence), column))
    cloud.close()
    assert ends[-2] == ends[-1]


def _key(key: Any) -> list[tuple[str, Any]]:
    return [(name, _BOUNDS.get(id(value), value)) for name, value in key]


def _lists(row: Any) -> tuple[list[tuple[str, Any]], list[tuple[str, Any, int]]]:
    return list(row.primary_key), row.attribute_columns
