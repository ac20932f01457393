"""Two processes with 16 threads each against one emulator, through the official clients."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from aliyun_local.clock import ManualClock, SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.samples import portrait
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front
from aliyun_local.tablestore.http.responses import TablestoreService
from aliyun_local.tablestore.store.keys import encode_key
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.schema import Column, IndexMeta, TableOptions
from tests.contracts import crowd
from tests.emulators.dashscope.support import Web, encoded

Crowd = Callable[..., dict[str, Any]]
PHOTO = "https://photos/a.jpg"
CLIENTS = 2 * crowd.THREADS


@pytest.fixture(scope="module")
def both() -> Iterator[Crowd]:
    """Call a function of :mod:`tests.contracts.crowd` in both processes at once, for all their results."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as one, ProcessPoolExecutor(1, context) as other:

        def call(work: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
            waiting = [process.submit(work, name, *arguments) for process, name in ((one, "a"), (other, "b"))]
            found: dict[str, Any] = {}
            for future in waiting:
                found |= future.result(60)
            assert len(found) == CLIENTS
            return found

        yield call


@pytest.fixture(scope="module")
def keys() -> AccessKeys:
    made = AccessKeys(SystemClock())
    made.add(crowd.KEY_ID, crowd.SECRET)
    return made


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[TableStore]:
    made = TableStore(tmp_path / "tablestore", SystemClock())
    made.create_instance(crowd.INSTANCE)
    made.create_table(
        crowd.INSTANCE,
        crowd.TABLE,
        [Column(name="id", type="STRING")],
        TableOptions(time_to_live=-1, max_versions=1),
        defined_columns=[Column(name="state", type="STRING")],
        index_metas=[IndexMeta(name="by_state", primary_key=("state",), defined_columns=())],
    )
    yield made
    made.close()


@pytest.fixture
def tables_url(tables: TableStore, keys: AccessKeys) -> Iterator[str]:
    with LoopbackServer(Front(TablestoreService(tables, keys, SystemClock()))) as server:
        yield server.url


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[ObjectStore]:
    made = ObjectStore(tmp_path / "oss", SystemClock())
    made.create_bucket(crowd.BUCKET)
    yield made
    made.close()


@pytest.fixture
def oss_url(objects: ObjectStore, keys: AccessKeys) -> Iterator[str]:
    with LoopbackServer(Front(OssService(objects, keys, SystemClock()))) as server:
        yield server.url


@pytest.fixture(scope="module")
def photo() -> bytes:
    return encoded(portrait(1, size=(320, 400)))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def account(
    tmp_path: Path, photo: bytes, clock: ManualClock
) -> Iterator[Callable[[Behaviour], tuple[ModelStudio, str]]]:
    """Open an account that behaves in a given way; its clock stands still."""
    web, opened = Web(), []
    web.put(PHOTO, photo)

    def begin(behaviour: Behaviour) -> tuple[ModelStudio, str]:
        studio = ModelStudio(tmp_path / "dashscope", clock, behaviour, web.fetch)
        server = LoopbackServer(Front(DashScopeService(studio, clock, api_keys=[crowd.API_KEY]))).start()
        opened.extend((server, studio))
        return studio, server.url

    yield begin
    for one in opened:
        one.close()


def row_of(tables: TableStore, name: str, *key: str) -> dict[str, Any]:
    """Return the columns of a row as they are stored, past any client."""
    with tables._database.reading() as connection:
        table = tables._table(connection, crowd.INSTANCE, name)
        row = tables._load(connection, table, encode_key(key))
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


def test_an_object_that_must_not_exist_is_written_by_exactly_one(
    both: Crowd, objects: ObjectStore, oss_url: str
) -> None:
    wanted = [f"people/{number}" for number in range(5)]
    got = both(crowd.create_objects, oss_url, wanted)
    assert sorted(key for mine in got.values() for key in mine) == wanted
    for name, mine in got.items():
        assert all(objects.get(crowd.BUCKET, key)[1] == name.encode() for key in mine)
    assert len(objects.pending_notifications(1000)) == len(wanted)


def test_every_position_is_appended_to_exactly_once(both: Crowd, objects: ObjectStore, oss_url: str) -> None:
    objects.append(crowd.BUCKET, "log", b"---", 0)
    got = both(crowd.append, oss_url, 4)
    owners = {position: name for name, mine in got.items() for position in mine}
    assert len(owners) == sum(map(len, got.values())) >= 4
    expected = "---" + "".join(owners[position] for position in sorted(owners))
    assert objects.get(crowd.BUCKET, "log")[1] == expected.encode()


def test_reads_are_never_torn_while_an_object_is_overwritten_whole_and_in_parts(
    both: Crowd, objects: ObjectStore, oss_url: str
) -> None:
    objects.put(crowd.BUCKET, "shared", b"a00" * 10)
    assert sum(both(crowd.overwrite, oss_url, 4).values()) == 0
    assert len(objects.list_objects(crowd.BUCKET)) == 1
    files = list(objects.blobs._folder.glob("??/*"))  # type: ignore[attr-defined]
    # What was replaced is gone: only the last writer's bytes are on the disk.
    assert len(files) == len(objects.head(crowd.BUCKET, "shared").segments)


def test_the_only_training_slot_is_given_to_exactly_one(both: Crowd, account: Any) -> None:
    studio, url = account(Behaviour(submits_per_second=1000, concurrent_jobs=1))
    outcomes = sorted(both(crowd.submit, url, PHOTO).values())
    accepted = [job_id for refusal, job_id in outcomes if not refusal]
    assert len(accepted) == 1
    assert {tuple(refused) for refused in outcomes[1:]} == {
        ("429 Throttling", "Too many fine-tune job in running, please retry later")
    }
    total, jobs = studio.fine_tunes(page_no=1, page_size=10, model=None)
    assert (total, [job.job_id for job in jobs]) == (1, accepted)


def test_of_queued_trainings_no_more_run_than_there_are_slots(
    both: Crowd, account: Any, clock: ManualClock
) -> None:
    studio, url = account(
        Behaviour(submits_per_second=1000, concurrent_jobs=2, second_job="queue", kept_jobs=99)
    )
    outcomes = both(crowd.submit, url, PHOTO).values()
    assert [refusal for refusal, _ in outcomes if refusal] == []
    assert len({job_id for _, job_id in outcomes}) == CLIENTS
    clock.advance(10)
    statuses = Counter(studio.fine_tune(job_id).status for _, job_id in outcomes)
    assert statuses == {"RUNNING": 2, "QUEUING": CLIENTS - 2}


def test_the_quota_of_fine_tunes_is_exact(both: Crowd, account: Any) -> None:
    _, url = account(Behaviour(submits_per_second=1000, concurrent_jobs=99, kept_jobs=20))
    outcomes = list(both(crowd.submit, url, PHOTO).values())
    assert sum(not refusal for refusal, _ in outcomes) == 20
    assert {tuple(outcome) for outcome in outcomes if outcome[0]} == {
        ("429 Throttling", "Only 20 fine-tune job in running or succeeded allowed per user.")
    }
