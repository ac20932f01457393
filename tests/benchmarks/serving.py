"""The process that ``services`` measures: the emulators, and a bare server of the standard library.

Run as ``python -m tests.benchmarks.serving <folder> <rows>``. It prints the URLs as one line of JSON, and
ends with its standard input.
"""

from __future__ import annotations

import http.server
import json
import sys
import threading
from pathlib import Path

from aliyun_local.clock import SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.checksums import crc64
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front
from aliyun_local.tablestore.codec.values import Cell, Row
from aliyun_local.tablestore.http.responses import TablestoreService
from aliyun_local.tablestore.store.keys import encode_key
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.schema import Column, TableOptions

KEY_ID, SECRET = "LTAIbench", "secret-of-the-benchmarks"
INSTANCE, BUCKET = "bench", "bench-bucket"
MEGABYTE = bytes(range(256)) * 4096
SMALL_TABLE, LARGE_TABLE, SMALL_ROWS = "small", "large", 100


def key_of(number: int) -> str:
    """Return the primary key of a row; consecutive numbers are far apart in the table."""
    return f"{number * 2_654_435_761 % 2**32:08x}-{number}"


class BareHandler(http.server.BaseHTTPRequestHandler):
    """The least work of an HTTP server: read a body, keep it, return it."""

    protocol_version = "HTTP/1.1"
    kept = b""
    # Headers that clients of OSS read.
    fixed = (("x-oss-request-id", "0" * 24), ("x-oss-hash-crc64ecma", str(crc64(MEGABYTE))), ("ETag", '"0"'))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"")

    def do_PUT(self) -> None:
        type(self).kept = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(self.kept)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Stay silent."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        for name, value in self.fixed:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def fill(store: TableStore, table: str, count: int) -> None:
    """Put ``count`` rows into ``table``: the first by a call, the others as its copies, all at once."""
    cells = [Cell("state", "QUEUED"), Cell("version", 1)]
    store.put_row(INSTANCE, table, Row([("id", key_of(0))], cells))
    with store._database.transaction() as connection:
        name = f"rows_{store._table(connection, INSTANCE, table).id}"
        (content,) = connection.execute(f"SELECT row FROM {name}").fetchone()
        rest = ((encode_key([key_of(number)]), content) for number in range(1, count))
        connection.executemany(f"INSERT INTO {name} (key, row) VALUES (?, ?)", rest)


def main(folder: Path, rows: int) -> None:
    """Serve until standard input ends."""
    clock = SystemClock()
    keys = AccessKeys(clock)
    keys.add(KEY_ID, SECRET)
    tables = TableStore(folder / "tablestore", clock)
    tables.create_instance(INSTANCE)
    options = TableOptions(time_to_live_seconds=-1, max_versions=1)
    for name, count in ((SMALL_TABLE, SMALL_ROWS), (LARGE_TABLE, rows)):
        tables.create_table(INSTANCE, name, [Column(name="id", type="STRING")], options)
        fill(tables, name, count)
    objects = ObjectStore(folder / "oss", clock)
    objects.create_bucket(BUCKET)
    bare = http.server.ThreadingHTTPServer(("127.0.0.1", 0), BareHandler)
    bare.daemon_threads = True
    threading.Thread(target=bare.serve_forever, daemon=True).start()
    with (
        LoopbackServer(Front(TablestoreService(tables, keys, clock))) as tablestore,
        LoopbackServer(Front(OssService(objects, keys, clock))) as oss,
    ):
        urls = {
            "tablestore": tablestore.url,
            "oss": oss.url,
            "bare": f"http://127.0.0.1:{bare.server_address[1]}",
        }
        print(json.dumps(urls), flush=True)
        sys.stdin.read()
    tables.close()
    objects.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
