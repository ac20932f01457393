"""The process of ``status`` among many people, warm, for the suite ``answering``.

Run as ``python -m tests.benchmarks.answering_function <people>``. The tables are emulated in this process.
It prints a line of JSON when it is ready. For each line of its input, a path and what is accepted, it answers
one event by the function's handler, and prints how long that took, in milliseconds, and by how many calls of
the SDK. The path ``-`` is the peer: an event is parsed, one row is read by its key, and an answer is made.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from aliyun_local.mocking import mock_aliyun
from aliyun_local.tablestore.store import catalog
from aliyun_local.tablestore.store.definitions import _fill_index
from aliyun_local.tablestore.store.keys import encode_key
from aliyun_local.tablestore.store.models import TableStore
from local.deployment import REQUIRED_PARAMETERS, TEMPLATE
from shared import assembly
from shared.clients.credentials import find_credentials
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.object_keys import person_key
from shared.domain.states import JobState
from shared.http_api.conditional import Answer, respond
from shared.http_api.languages import language_of
from shared.http_api.messages import from_event
from shared.settings import read_settings
from tests.http_events import http_event

logging.getLogger("tablestore").addHandler(logging.NullHandler())
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from functions import status
    from tests.unit.support import NOW, job_in

INSTANCE, REGION, TOKEN = "facechain", "cn-beijing", "token-of-the-benchmarks"
ENVIRONMENT = {
    "OTS_ENDPOINT": f"https://{INSTANCE}.{REGION}.ots.aliyuncs.com",
    "OTS_INSTANCE": INSTANCE,
    "STATUS_TOKEN": TOKEN,
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret",
}
QUEUED = 5
FIRST = "person-0000000"
PEER = "-"
"""The path that stands for the peer."""
LOCAL = find_credentials(None, ENVIRONMENT)


def fill(store: TableStore, count: int) -> None:
    """Make ``count`` people: a few are queued, the others have a model.

    The rows are copies of one that was written by the SDK; the indexes are filled as for a table that has
    rows already when they are added.
    """
    jobs, control = assembly.tables(read_settings(ENVIRONMENT), LOCAL)
    control.save_health(Health(), Health(beat_at=NOW))
    ended: dict[str, Any] = {"submitted_at": NOW, "ended_at": NOW + 9000, "usage": 1}
    model = job_in(JobState.SUCCEEDED, FIRST, delivered=True, finetuned_output="model", **ended)
    jobs.save(None, model)
    for number in range(1, QUEUED + 1):
        jobs.save(None, job_in(JobState.QUEUED, _name(number)))
    with store._database.transaction() as connection:
        table = catalog.find(connection, INSTANCE, "jobs")
        (text,) = connection.execute(
            f"SELECT row FROM rows_{table.id} WHERE key = ?", (_key(model),)
        ).fetchone()
        opened = f'"opened_at":[[{text[1 : text.index(",")]},'
        rest = (
            (
                encode_key([person_key(_name(number)), 1]),
                text.replace(FIRST, _name(number)).replace(f"{opened}{NOW}", f"{opened}{NOW + number}"),
            )
            for number in range(QUEUED + 1, count)
        )
        connection.executemany(f"INSERT INTO rows_{table.id} (key, row) VALUES (?, ?)", rest)
        for index in table.indexes:
            found = catalog.find(connection, INSTANCE, index.name)
            connection.execute(f"DELETE FROM rows_{found.id}")
            _fill_index(connection, table, found)
            (rows,) = connection.execute(f"SELECT COUNT(*) FROM rows_{found.id}").fetchone()
            expected = QUEUED if index.name == "jobs_in_hand" else count
            if rows != expected:
                raise RuntimeError(f"{index.name} has {rows} rows and not {expected}")


def _name(number: int) -> str:
    return f"person-{number:07}"


def _key(job: Job) -> bytes:
    return encode_key([job.person_key, job.revision])


def event_of(path: str, accept: str) -> bytes:
    """Return the event of a GET."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": accept}
    return json.dumps(http_event("GET", path, headers=headers)).encode()


def peer(event: bytes, _: object) -> dict[str, Any]:
    """Answer by one GetRow, through the same settings, client and answer."""
    request = from_event(event)
    jobs, _control = assembly.tables(read_settings(os.environ), LOCAL)
    row = jobs._rows.get([("person_key", person_key(FIRST)), ("revision", 1)])
    answer = respond(request, Answer({"row": row is not None}), language_of(request.headers, request.query))
    return {"statusCode": answer.status, "body": answer.body}


def main(people: int) -> None:
    """Answer until standard input ends."""
    with mock_aliyun() as cloud:
        cloud.create_stores(TEMPLATE, **REQUIRED_PARAMETERS)
        os.environ.update(ENVIRONMENT)
        fill(cloud.tablestore, people)
        calls = _counted()
        print(json.dumps({"people": str(people)}), flush=True)
        for line in sys.stdin:
            path, accept = line.split()
            handler: Callable[..., Any] = peer if path == PEER else status.handler
            event, before = event_of(path, accept), calls[0]
            began = time.perf_counter()
            answer = handler(event, None)
            took = (time.perf_counter() - began) * 1000
            if answer["statusCode"] != 200:
                raise RuntimeError(answer["body"])
            print(json.dumps([took, calls[0] - before]), flush=True)


def _counted() -> list[int]:
    """Return the number of calls of the SDK so far, as the one item of a list."""
    jobs, _ = assembly.tables(read_settings(ENVIRONMENT), LOCAL)
    connection, calls = jobs._rows._client.connection, [0]
    send = connection.send_receive

    def counted(*request: object) -> object:
        calls[0] += 1
        return send(*request)

    connection.send_receive = counted
    return calls


if __name__ == "__main__":
    main(int(sys.argv[1]))
