"""The work of one process in a crowd of clients: threads that all start at once, each under its own name.

:mod:`tests.contracts.test_concurrency` starts the processes and calls these functions in them. Arguments and
results go from process to process, so both are plain values. The clients are the official ones, without
retries.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

with warnings.catch_warnings():
    # Both clients warn while they are imported.
    warnings.simplefilter("ignore")
    import oss2
    import tablestore
    from tablestore.retry import NoRetryPolicy

THREADS = 16
KEY_ID, SECRET, API_KEY = "LTAIcrowd", "secret-of-the-crowd", "sk-crowd-0123456789"
INSTANCE, TABLE, BUCKET = "crowd", "jobs", "crowd-bucket"
MODEL = "facechain-finetune"
T = TypeVar("T")
PART_BYTES = 100 * 1024


def together(work: Callable[[str], T], process: str) -> dict[str, T]:
    """Run ``work`` on threads that start at once; return the results by the names of the threads."""
    barrier = threading.Barrier(THREADS)
    names = [f"{process}{number:02}" for number in range(THREADS)]

    def run(name: str) -> T:
        barrier.wait()
        return work(name)

    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(names, pool.map(run, names), strict=True))


@cache
def tables(url: str) -> tablestore.OTSClient:
    """Return one client for all threads of the process, as a function has one."""
    quiet = logging.getLogger("tests.crowd")
    quiet.setLevel(logging.CRITICAL + 1)
    return tablestore.OTSClient(
        url, KEY_ID, SECRET, INSTANCE, logger_name=quiet.name, retry_policy=NoRetryPolicy()
    )


def bucket(url: str) -> oss2.Bucket:
    return oss2.Bucket(oss2.AuthV4(KEY_ID, SECRET), url, BUCKET, region="cn-beijing", session=session())


@cache
def session() -> oss2.Session:
    return oss2.Session(pool_size=THREADS)


def read(client: tablestore.OTSClient, key: str) -> dict[str, Any]:
    _, row, _ = client.get_row(TABLE, [("id", key)])
    return {column[0]: column[1] for column in row.attribute_columns}


# Tablestore


def increment(process: str, url: str, times: int) -> dict[str, None]:
    """Add 1 to one counter, ``times`` per thread."""

    def work(_name: str) -> None:
        row = tablestore.Row([("id", "counter")], {"INCREMENT": [("n", 1)]})
        for _ in range(times):
            tables(url).update_row(TABLE, row, tablestore.Condition("IGNORE"))

    return together(work, process)


def claim(process: str, url: str, keys: list[str]) -> dict[str, list[str]]:
    """Put rows that must not exist yet; each thread returns the keys that it won."""

    def work(name: str) -> list[str]:
        return [key for key in keys if written(url, key, [("owner", name)], "EXPECT_NOT_EXIST")]

    return together(work, process)


def take_versions(process: str, url: str, tries: int) -> dict[str, list[int]]:
    """Increase one row's version, each time from the version that was read; return the versions made."""

    def work(name: str) -> list[int]:
        made = []
        for _ in range(tries):
            seen = read(tables(url), "versioned")["version"]
            if written(url, "versioned", [("version", seen + 1), ("by", name)], "EXPECT_EXIST", seen):
                made.append(seen + 1)
        return made

    return together(work, process)


def move_between_states(process: str, url: str, times: int) -> dict[str, int]:
    """Overwrite rows whose columns all hold the same value; count the reads with different values."""

    def work(name: str) -> int:
        torn = 0
        for number in range(times):
            key = f"row-{number % 4}"
            state = f"{name}-{number}"
            written(url, key, [("state", state), ("copy", state), ("other", state)], "IGNORE")
            torn += len(set(read(tables(url), key).values())) != 1
        return torn

    return together(work, process)


def written(
    url: str, key: str, columns: list[tuple[str, Any]], existence: str, version: int | None = None
) -> bool:
    """Put a row; return whether its condition held."""
    guard = None
    if version is not None:
        guard = tablestore.SingleColumnCondition("version", version, tablestore.ComparatorType.EQUAL, False)
    row = tablestore.Row([("id", key)], columns)
    try:
        tables(url).put_row(TABLE, row, tablestore.Condition(existence, guard))
    except tablestore.OTSServiceError as refusal:
        if refusal.get_error_code() != "OTSConditionCheckFail":
            raise
        return False
    return True


# OSS


def create_objects(process: str, url: str, keys: list[str]) -> dict[str, list[str]]:
    """Write objects that must not exist yet; each thread returns the keys that it wrote."""

    def work(name: str) -> list[str]:
        return [key for key in keys if created(bucket(url), key, name)]

    return together(work, process)


def created(target: oss2.Bucket, key: str, content: str) -> bool:
    try:
        target.put_object(key, content, headers={"x-oss-forbid-overwrite": "true"})
    except oss2.exceptions.ServerError as refusal:
        if refusal.code != "FileAlreadyExists":
            raise
        return False
    return True


def append(process: str, url: str, tries: int) -> dict[str, list[int]]:
    """Append the thread's name at the end that it read; return the positions at which that succeeded."""

    def work(name: str) -> list[int]:
        target, got = bucket(url), []
        for _ in range(tries):
            position = target.head_object("log").content_length
            try:
                target.append_object("log", position, name)
            except oss2.exceptions.PositionNotEqualToLength:
                continue
            got.append(position)
        return got

    return together(work, process)


def overwrite(process: str, url: str, times: int) -> dict[str, int]:
    """Overwrite one object, at once or in parts; count the reads that are not one writer's whole content.

    The client itself compares every read with the checksum in the answer.
    """

    def work(name: str) -> int:
        target, torn = bucket(url), 0
        for number in range(times):
            if number % 2:
                target.put_object("shared", name.encode() * 20_000)
            else:
                upload = target.init_multipart_upload("shared").upload_id
                half = name.encode() * (PART_BYTES // len(name) + 1)
                parts = [
                    oss2.models.PartInfo(part, target.upload_part("shared", upload, part, half).etag)
                    for part in (1, 2)
                ]
                target.complete_multipart_upload("shared", upload, parts)
            content = target.get_object("shared").read()
            torn += content != content[: len(name)] * (len(content) // len(name))
        return torn

    return together(work, process)


# DashScope


def submit(process: str, url: str, photo: str) -> dict[str, tuple[str, str]]:
    """Submit one fine-tune per thread; return its refusal, empty if accepted, and its id or the message."""
    from dashscope.finetune.finetunes import FineTunes

    def work(_name: str) -> tuple[str, str]:
        answer = FineTunes.call(
            model=MODEL, training_file_ids=[photo], api_key=API_KEY, base_address=f"{url}/api/v1"
        )
        if answer.status_code == 200:
            return "", answer.output.job_id
        return f"{answer.status_code} {answer.code}", answer.message

    return together(work, process)
