"""Buckets and listings, through oss2 and directly."""

from __future__ import annotations

import oss2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliyun_local.clock import ManualClock
from aliyun_local.oss.state.listing import after_prefix, list_page
from aliyun_local.oss.state.models import ObjectStore
from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.support import BUCKET, Ask, LocalOss


def test_a_bucket_is_created_described_and_deleted(clients: Oss2Clients) -> None:
    made = clients.bucket("second")
    made.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ)
    info = made.get_bucket_info()
    assert (info.name, info.location, info.acl.grant) == ("second", "oss-cn-beijing", "public-read")
    assert made.get_bucket_location().location == "oss-cn-beijing"
    made.put_bucket_acl("private")
    assert made.get_bucket_acl().acl == "private"
    made.delete_bucket()
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        made.get_bucket_info()


def test_a_bucket_with_something_in_it_is_not_deleted(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"x")
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.delete_object("a")
    upload = bucket.init_multipart_upload("b").upload_id
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.abort_multipart_upload("b", upload)
    bucket.delete_bucket()


def test_all_buckets_are_listed_page_by_page(local_oss: LocalOss, clients: Oss2Clients) -> None:
    for number in range(5):
        local_oss.store.create_bucket(f"many-{number}")
    service = clients.service()
    found = [info.name for info in oss2.BucketIterator(service, max_keys=2)]
    assert found == [*(f"many-{n}" for n in range(5)), BUCKET]
    assert [info.name for info in service.list_buckets(prefix="many-3").buckets] == ["many-3"]


def test_an_operation_that_is_not_here_says_so_and_does_nothing_else(bucket: oss2.Bucket) -> None:
    for call in (bucket.list_bucket_cname, bucket.get_bucket_worm):
        with pytest.raises(oss2.exceptions.ServerError) as error:
            call()
        assert (error.value.status, error.value.code) == (501, "NotImplemented")
    assert bucket.get_bucket_info().name == BUCKET


NAMES = ["a/1", "a/2", "a/b/3", "b", "c d/ü", "c d/张三", "z😀", "z\ue000"]


@pytest.mark.parametrize("iterate", [oss2.ObjectIterator, oss2.ObjectIteratorV2])
def test_listings_are_in_byte_order_and_paged(bucket: oss2.Bucket, iterate: type) -> None:
    for name in reversed(NAMES):
        bucket.put_object(name, b"x")
    everything = [found.key for found in iterate(bucket, max_keys=2)]
    assert everything == sorted(NAMES, key=str.encode)
    assert [found.key for found in iterate(bucket, prefix="c d/")] == ["c d/ü", "c d/张三"]
    top = [(found.key, found.is_prefix()) for found in iterate(bucket, delimiter="/", max_keys=1)]
    assert [name for name, is_prefix in top if is_prefix] == ["a/", "c d/"]
    assert len(top) == 5
    inner = [found.key for found in iterate(bucket, prefix="a/", delimiter="/", max_keys=2)]
    assert inner == ["a/1", "a/2", "a/b/"]


def test_a_listing_tells_size_etag_type_and_time(bucket: oss2.Bucket) -> None:
    etag = bucket.put_object("a", b"12345").etag
    listed = bucket.list_objects_v2(fetch_owner=True)
    only = listed.object_list[0]
    assert (only.size, only.etag, only.type, only.owner.id) == (5, etag, "Normal", "1234567890123456")
    assert abs(only.last_modified - bucket.head_object("a").last_modified) <= 1
    assert bucket.list_objects_v2(start_after="a").object_list == []


@pytest.mark.parametrize(
    "query",
    [
        "max-keys=0",
        "max-keys=1001",
        "max-keys=x",
        "max-keys=-1",
        "max-keys=" + "9" * 5000,
        "encoding-type=base64",
        "list-type=2&continuation-token=%FF%FF",
        "list-type=2&continuation-token=gICA",
    ],
)
def test_a_listing_refuses_arguments_out_of_range(ask: Ask, store: ObjectStore, query: str) -> None:
    store.set_bucket_acl(BUCKET, "public-read")
    answer = ask("GET", f"/{BUCKET}?{query}")
    assert (answer.status, b"<Code>InvalidArgument</Code>" in answer.body) == (400, True)


@settings(max_examples=150, deadline=None)
@given(
    names=st.sets(
        st.text(st.sampled_from("ab/é\ud7ff\ue000\U0010ffff"), min_size=1, max_size=5), max_size=30
    ),
    prefix=st.text(st.sampled_from("ab/\U0010ffff"), max_size=2),
    delimiter=st.sampled_from(["", "/", "ab"]),
    limit=st.integers(1, 7),
)
def test_paging_finds_exactly_what_one_long_page_finds(
    names: set[str], prefix: str, delimiter: str, limit: int
) -> None:
    ordered = sorted(names)

    def fetch(start: str, stop: str | None, count: int) -> list[tuple[str, str]]:
        return [(n, n) for n in ordered if n >= start and (stop is None or n < stop)][:count]

    expected: list[str] = []
    for name in ordered:
        if name.startswith(prefix):
            cut = name.find(delimiter, len(prefix)) if delimiter else -1
            entry = name if cut < 0 else name[: cut + len(delimiter)]
            if entry not in expected:
                expected.append(entry)
    found: list[str] = []
    marker = ""
    while True:
        page = list_page(fetch, prefix=prefix, delimiter=delimiter, marker=marker, limit=limit)
        found += sorted([*page.rows, *page.common_prefixes])
        if not page.is_truncated:
            break
        marker = page.next_marker
    assert found == expected


def test_a_listing_jumps_over_what_a_common_prefix_hides() -> None:
    store = ObjectStore(None, ManualClock())
    store.create_bucket(BUCKET)
    for folder in ("a", "b"):
        for number in range(450):
            store.put(BUCKET, f"{folder}/{number:04}", b"")
    page = store.list_objects(BUCKET, delimiter="/")
    assert (page.common_prefixes, page.rows) == (["a/", "b/"], [])
    assert after_prefix("a/") == "a0"
