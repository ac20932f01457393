"""The suite of the emulated services: the time of their calls, beside a server that does nothing."""

from __future__ import annotations

import itertools
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import urllib3

from tests.benchmarks.harness import Benchmark, milliseconds
from tests.benchmarks.processes import first_line, running
from tests.benchmarks.serving import (
    BUCKET,
    INSTANCE,
    KEY_ID,
    LARGE_TABLE,
    MEGABYTE,
    SECRET,
    SMALL_ROWS,
    SMALL_TABLE,
    key_of,
)

# The client warns that its C++ codec is built for CPython 3.12 alone.
logging.getLogger("tablestore").addHandler(logging.NullHandler())
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oss2
    import tablestore

LARGE_ROWS = 1_000_000
SIGNED_SECONDS, PATIENCE_SECONDS = 3600, 30
_BARE_POST = "an empty POST by urllib3 to a bare server"


@contextmanager
def services() -> Iterator[Sequence[Benchmark]]:
    """Start the servers in a process of their own and give the benchmarks that call them."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        running("tests.benchmarks.serving", folder, str(LARGE_ROWS)) as process,
        urllib3.PoolManager() as pool,
    ):
        urls = first_line(process)
        yield [*_tablestore(urls, pool), *_oss(urls, pool)]


def _tablestore(urls: dict[str, str], pool: urllib3.PoolManager) -> Iterator[Benchmark]:
    quiet = logging.getLogger("benchmarks.tablestore")
    quiet.setLevel(logging.CRITICAL + 1)
    client = tablestore.OTSClient(urls["tablestore"], KEY_ID, SECRET, INSTANCE, logger_name=quiet.name)
    condition = tablestore.Condition("IGNORE")
    turn = itertools.count()

    def key(rows: int) -> list[tuple[str, str]]:
        return [("id", key_of(next(turn) * 7919 % rows))]

    def put(table: str, rows: int) -> Callable[[], object]:
        columns = [("state", "TRAINING"), ("version", 2)]
        return lambda: client.put_row(table, tablestore.Row(key(rows), columns), condition)

    def get(table: str, rows: int) -> Callable[[], object]:
        def found() -> None:
            assert client.get_row(table, key(rows))[1] is not None

        return found

    def post() -> None:
        pool.request("POST", urls["bare"], body=b"")

    for name, make in (("put", put), ("get", get)):
        small = milliseconds(make(SMALL_TABLE, SMALL_ROWS))
        yield Benchmark(
            name=f"Tablestore: {name} a row",
            unit="ms",
            measure=small,
            peer_name=_BARE_POST,
            peer=milliseconds(post),
            bar=8,
            samples=100,
        )
        yield Benchmark(
            name=f"Tablestore: {name} a row of {LARGE_ROWS:,}",
            unit="ms",
            measure=milliseconds(make(LARGE_TABLE, LARGE_ROWS)),
            peer_name=f"the same of {SMALL_ROWS}",
            peer=small,
            bar=1.3,
            samples=200,
        )


def _oss(urls: dict[str, str], pool: urllib3.PoolManager) -> Iterator[Benchmark]:
    auth = oss2.AuthV4(KEY_ID, SECRET)
    bucket, bare = (
        oss2.Bucket(auth, urls[name], BUCKET, region="cn-beijing", connect_timeout=PATIENCE_SECONDS)
        for name in ("oss", "bare")
    )
    signed = {
        name: bucket.sign_url(name, "photo", SIGNED_SECONDS, slash_safe=True) for name in ("PUT", "GET")
    }

    def by_client(server: oss2.Bucket) -> Callable[[], object]:
        def put_and_get() -> None:
            server.put_object("photo", MEGABYTE)
            assert len(server.get_object("photo").read()) == len(MEGABYTE)

        return put_and_get

    def by_urllib3(put: str, get: str) -> Callable[[], object]:
        def put_and_get() -> None:
            assert pool.request("PUT", put, body=MEGABYTE).status == 200
            assert len(pool.request("GET", get).data) == len(MEGABYTE)

        return put_and_get

    for how, call, peer, bar in (
        ("oss2", by_client(bucket), by_client(bare), 3),
        # Without a client's own work in between, the MD5 of the ETag takes longer than two bare uploads.
        ("urllib3", by_urllib3(signed["PUT"], signed["GET"]), by_urllib3(urls["bare"], urls["bare"]), 3),
    ):
        yield Benchmark(
            name=f"OSS: put and get 1 MB by {how}",
            unit="ms",
            measure=milliseconds(call),
            peer_name=f"the same by {how} on a bare server",
            peer=milliseconds(peer),
            bar=bar,
            samples=30,
        )
