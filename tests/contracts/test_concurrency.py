"""Two processes with 16 threads each against one emulator, through the official clients."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest

from aliyun_local.clock import ManualClock, SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.samples import portrait
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front
from aliyun_local.tablestore.http.responses import TablestoreService
from aliyun_local.tablestore.store import row_tables
from aliyun_local.tablestore.store.keys import encode_key
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.schema import Column, IndexMeta, TableOptions
from tests.contracts import crowd
from tests.emulators.dashscope.support import Web, encoded
from tests.emulators.oss.support import LocalOss, stored_contents

P = ParamSpec("P")
T = TypeVar("T")
OpenAccount = Callable[[Behaviour], tuple[ModelStudio, str]]
PHOTO = "https://photos/a.jpg"
CLIENTS = 2 * crowd.THREADS


class Crowd:
    """Two processes that call the same function of :mod:`tests.contracts.crowd` at once."""

    def __init__(self, **processes: ProcessPoolExecutor) -> None:
        self._processes = processes

    def __call__(
        self, work: Callable[Concatenate[str, P], dict[str, T]], *args: P.args, **kwargs: P.kwargs
    ) -> dict[str, T]:
        """Return the results of both processes together."""
        waiting: list[Future[dict[str, T]]] = [
            process.submit(work, name, *args, **kwargs) for name, process in self._processes.items()
        ]
        found: dict[str, T] = {}
        for future in waiting:
            found |= future.result(60)
        assert len(found) == CLIENTS
        return found


@pytest.fixture(scope="module")
def both() -> Iterator[Crowd]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as one, ProcessPoolExecutor(1, context) as other:
        yield Crowd(a=one, b=other)


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[TableStore]:
    made = TableStore(tmp_path / "tablestore", SystemClock())
    made.create_instance(crowd.INSTANCE)
    made.create_table(
        crowd.INSTANCE,
        crowd.TABLE,
        [Column(name="id", type="STRING")],
        TableOptions(time_to_live_seconds=-1, max_versions=1),
        defined_columns=[Column(name="state", type="STRING")],
        index_metas=[IndexMeta(name="by_state", primary_key=("state",), defined_columns=())],
    )
    yield made
    made.close()


@pytest.fixture
def tables_url(tables: TableStore) -> Iterator[str]:
    keys = AccessKeys(SystemClock())
    keys.add(crowd.KEY_ID, crowd.SECRET)
    with LoopbackServer(Front(TablestoreService(tables, keys, SystemClock()))) as server:
        yield server.url


@pytest.fixture
def oss(tmp_path: Path) -> Iterator[LocalOss]:
    with LocalOss(tmp_path / "oss") as running:
        running.keys.add(crowd.KEY_ID, crowd.SECRET)
        running.store.create_bucket(crowd.BUCKET)
        yield running


@pytest.fixture(scope="module")
def photo() -> bytes:
    return encoded(portrait(1, size=(320, 400)))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def account(tmp_path: Path, photo: bytes, clock: ManualClock) -> Iterator[OpenAccount]:
    """Open an account with a given behaviour, under a clock that stands still."""
    web = Web()
    web.put(PHOTO, photo)
    with ExitStack() as opened:

        def begin(behaviour: Behaviour) -> tuple[ModelStudio, str]:
            studio = ModelStudio(tmp_path / "dashscope", clock, behaviour, web.fetch)
            opened.enter_context(closing(studio))
            service = DashScopeService(studio, clock, api_keys=[crowd.API_KEY])
            server = opened.enter_context(LoopbackServer(Front(service)))
            return studio, server.url

        yield begin


def row_of(tables: TableStore, name: str, *key: str) -> dict[str, Any]:
    """Return the columns of a row from the database, without a client."""
    with tables._database.reading() as connection:
        table = tables._table(connection, crowd.INSTANCE, name)
        row = row_tables.load(connection, table.id, encode_key(key))
    return {column: versions[0][1] for column, versions in row.columns.items()} if row else {}


def test_increments_of_a_counter_add_up(both: Crowd, tables: TableStore, tables_url: str) -> None:
    both(crowd.increment, tables_url, 10)
    assert row_of(tables, crowd.TABLE, "counter") == {"n": CLIENTS * 10}


def test_a_row_that_must_not_exist_is_put_by_exactly_one(
    both: Crowd, tables: TableStore, tables_url: str
) -> None:
    wanted = [f"slot-{number}" for number in range(8)]
    got = both(crowd.claim, tables_url, wanted)
    assert sorted(key for mine in got.values() for key in mine) == wanted
    for name, mine in got.items():
        assert all(row_of(tables, crowd.TABLE, key) == {"owner": name} for key in mine)


def test_every_version_of_a_row_has_exactly_one_winner(
    both: Crowd, tables: TableStore, tables_url: str
) -> None:
    crowd.written(tables_url, "versioned", [("version", 0)], "EXPECT_NOT_EXIST")
    made = both(crowd.take_versions, tables_url, 10)
    versions = sorted(version for mine in made.values() for version in mine)
    assert versions == list(range(1, len(versions) + 1))
    assert len(versions) >= 10
    last = next(name for name, mine in made.items() if versions[-1] in mine)
    assert row_of(tables, crowd.TABLE, "versioned") == {"version": versions[-1], "by": last}


def test_rows_are_never_torn_and_their_index_follows(
    both: Crowd, tables: TableStore, tables_url: str
) -> None:
    torn = both(crowd.move_between_states, tables_url, 8)
    assert sum(torn.values()) == 0
    with tables._database.reading() as connection:
        index = tables._table(connection, crowd.INSTANCE, "by_state")
        entries = connection.execute(f"SELECT key FROM rows_{index.id}").fetchall()
    rows = {f"row-{number}": row_of(tables, crowd.TABLE, f"row-{number}") for number in range(4)}
    assert sorted(entry for (entry,) in entries) == sorted(
        encode_key([row["state"], key]) for key, row in rows.items()
    )


def test_an_object_that_must_not_exist_is_written_by_exactly_one(both: Crowd, oss: LocalOss) -> None:
    wanted = [f"people/{number}" for number in range(5)]
    got = both(crowd.create_objects, oss.url, wanted)
    assert sorted(key for mine in got.values() for key in mine) == wanted
    for name, mine in got.items():
        assert all(oss.store.get(crowd.BUCKET, key)[1] == name.encode() for key in mine)
    assert len(oss.store.pending_notifications(1000)) == len(wanted)


def test_every_position_is_appended_to_exactly_once(both: Crowd, oss: LocalOss) -> None:
    oss.store.append(crowd.BUCKET, "log", b"---", 0)
    got = both(crowd.append, oss.url, 4)
    owners = {position: name for name, mine in got.items() for position in mine}
    assert len(owners) == sum(map(len, got.values())) >= 4
    expected = "---" + "".join(owners[position] for position in sorted(owners))
    assert oss.store.get(crowd.BUCKET, "log")[1] == expected.encode()


def test_reads_are_never_torn_while_an_object_is_overwritten_whole_and_in_parts(
    both: Crowd, oss: LocalOss, tmp_path: Path
) -> None:
    oss.store.put(crowd.BUCKET, "shared", b"a00" * 10)
    assert sum(both(crowd.overwrite, oss.url, 4).values()) == 0
    assert len(oss.store.list_objects(crowd.BUCKET)) == 1
    # The replaced contents are deleted: only the last writer's bytes are on the disk.
    assert len(stored_contents(tmp_path / "oss")) == len(oss.store.head(crowd.BUCKET, "shared").segments)


def test_the_only_training_slot_is_given_to_exactly_one(both: Crowd, account: OpenAccount) -> None:
    studio, url = account(Behaviour(submits_per_second=1000, concurrent_fine_tunes=1))
    outcomes = sorted(both(crowd.submit, url, PHOTO).values())
    accepted = [job_id for refusal, job_id in outcomes if not refusal]
    assert len(accepted) == 1
    assert set(outcomes[1:]) == {("429 Throttling", "Too many fine-tune job in running, please retry later")}
    total, jobs = studio.fine_tunes(page_no=1, page_size=10, model=None)
    assert (total, [job.job_id for job in jobs]) == (1, accepted)


def test_of_queued_trainings_no_more_run_than_there_are_slots(
    both: Crowd, account: OpenAccount, clock: ManualClock
) -> None:
    studio, url = account(
        Behaviour(
            submits_per_second=1000, concurrent_fine_tunes=2, second_fine_tune="queue", kept_fine_tunes=99
        )
    )
    outcomes = both(crowd.submit, url, PHOTO).values()
    assert [refusal for refusal, _ in outcomes if refusal] == []
    assert len({job_id for _, job_id in outcomes}) == CLIENTS
    clock.advance(10)
    statuses = Counter(studio.fine_tune(job_id).status for _, job_id in outcomes)
    assert statuses == {"RUNNING": 2, "QUEUING": CLIENTS - 2}


def test_the_quota_of_fine_tunes_is_exact(both: Crowd, account: OpenAccount) -> None:
    _, url = account(Behaviour(submits_per_second=1000, concurrent_fine_tunes=99, kept_fine_tunes=20))
    outcomes = list(both(crowd.submit, url, PHOTO).values())
    assert sum(not refusal for refusal, _ in outcomes) == 20
    assert {outcome for outcome in outcomes if outcome[0]} == {
        ("429 Throttling", "Only 20 fine-tune job in running or succeeded allowed per user.")
    }
