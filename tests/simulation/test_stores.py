"""The simulated bucket refuses what the real client refuses, and with the same troubles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from aliyun_local.clock import SystemClock
from aliyun_local.oss.state.models import ObjectStore
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import NotFound, Permanent, RequestTrouble, RetryLater, Trouble
from tests.simulation.databases import quick_databases
from tests.simulation.gate import Gate, Transport
from tests.simulation.stores import BUCKET, SimulatedBucket

PHOTO, LINK, SNAPSHOT = "people/li/1.jpg", "people/mallory/1.jpg", "submissions/j/1.jpg"


class OpenGate:
    """Lets every call through, or none."""

    def __init__(self) -> None:
        self.trouble: Callable[[Transport], Callable[[], Exception]] | None = None

    def __call__(
        self, service: str, operation: str, do: Callable[[], Any], transport: Transport, **_: object
    ) -> Any:
        if self.trouble is not None:
            raise self.trouble(transport)()
        return do()


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    with quick_databases():
        store = ObjectStore(None, SystemClock())
    store.create_bucket(BUCKET)
    store.put(BUCKET, PHOTO, b"FACE of li")
    store.put_symlink(BUCKET, LINK, PHOTO)
    yield store
    store.close()


@pytest.fixture
def gate() -> OpenGate:
    return OpenGate()


@pytest.fixture
def bucket(store: ObjectStore, gate: OpenGate) -> SimulatedBucket:
    return SimulatedBucket(store, cast("Gate", gate), lambda *_: None, lambda *_: None, lambda _: b"")


@pytest.mark.parametrize(
    ("transport", "kind", "error"),
    [
        (lambda transport: transport.no_answer, Kind.UNKNOWN, RequestTrouble),
        (lambda transport: transport.unreachable, Kind.PASSING, RetryLater),
        (lambda transport: transport.busy, Kind.PASSING, RetryLater),
        (lambda transport: transport.error, Kind.PASSING, RetryLater),
    ],
    ids=["no answer", "unreachable", "busy", "error"],
)
def test_a_fault_on_the_way_is_what_the_real_client_would_make_of_it(
    bucket: SimulatedBucket, gate: OpenGate, transport: Any, kind: Kind, error: type[Trouble]
) -> None:
    gate.trouble = transport
    calls: dict[Api, Callable[[], object]] = {
        Api.READING: lambda: bucket.stored(PHOTO),
        Api.LISTING: lambda: bucket.list_page("people/", "", 10),
        Api.PROCESSING: lambda: bucket.prepare(PHOTO, SNAPSHOT),
        Api.WRITING: lambda: bucket.write_json("results/li/1.json", "{}"),
    }
    for api, call in calls.items():
        with pytest.raises(Trouble) as raised:
            call()
        assert (type(raised.value), raised.value.kind, raised.value.api) == (error, kind, api)


def test_a_link_is_seen_and_not_followed(bucket: SimulatedBucket) -> None:
    looked_at = bucket.stored(LINK)
    assert looked_at is not None
    assert looked_at.is_link
    assert [entry.stored.is_link for entry in bucket.list_page("people/", "", 10)[0]] == [False, True]
    for read in (
        lambda: bucket.read(LINK),
        lambda: bucket.read_range(LINK, 0, 10),
        lambda: bucket.copy(LINK, SNAPSHOT),
        lambda: bucket.prepare(LINK, SNAPSHOT, looked_at.etag),
    ):
        with pytest.raises(NotFound) as raised:
            read()
        assert raised.value.kind is Kind.GONE


def test_what_is_no_picture_or_too_long_is_refused(bucket: SimulatedBucket, store: ObjectStore) -> None:
    store.put(BUCKET, "people/li/2.jpg", b"text")
    with pytest.raises(Permanent) as raised:
        bucket.prepare("people/li/2.jpg", SNAPSHOT)
    assert (raised.value.kind, raised.value.api) == (Kind.PICTURE, Api.PROCESSING)
    with pytest.raises(Permanent, match="object_too_large"):
        bucket.read(PHOTO, max_bytes=3)
    with pytest.raises(NotFound):
        bucket.read("people/li/none.jpg")
    assert bucket.stored("people/li/none.jpg") is None


def test_folders_are_listed_behind_a_key(bucket: SimulatedBucket) -> None:
    assert bucket.list_folders("people/", "", 10) == (["people/li/", "people/mallory/"], "")
    assert bucket.list_folders("people/", PHOTO, 10) == (["people/mallory/"], "")
