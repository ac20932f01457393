"""Objects of the archive classes, and symbolic links to them."""

from __future__ import annotations

from collections.abc import Callable

import oss2
import pytest

from tests.emulators.oss.pictures import picture, saving
from tests.emulators.oss.support import LocalOss

SHRINK = "image/resize,l_9"


def test_an_archived_photo_and_a_link_to_it_are_described_but_not_read_or_processed(
    local_oss: LocalOss, bucket: oss2.Bucket
) -> None:
    bucket.put_object("cold", picture((40, 20)), headers={"x-oss-storage-class": "Archive"})
    bucket.put_symlink("cold", "link")
    reads: list[Callable[[str], object]] = [
        bucket.get_object,
        lambda key: bucket.get_object(key, byte_range=(0, 1)),
        lambda key: bucket.get_object(key, process="image/info"),
        lambda key: bucket.process_object(key, saving(SHRINK, "b")),
    ]
    for key, kind in (("cold", "Normal"), ("link", "Symlink")):
        for read in reads:
            with pytest.raises(oss2.exceptions.ServerError) as refused:
                read(key)
            assert (refused.value.status, refused.value.code) == (403, "InvalidObjectState")
        assert bucket.head_object(key).object_type == kind
    listed = {one.key: (one.type, one.storage_class) for one in bucket.list_objects().object_list}
    assert listed == {"cold": ("Normal", "Archive"), "link": ("Symlink", "Standard")}
    bucket.restore_object("cold")
    local_oss.clock.advance(61)
    for key in ("cold", "link"):
        assert bucket.get_object(key).headers["x-oss-object-type"] == (
            "Normal" if key == "cold" else "Symlink"
        )
        assert bucket.process_object(key, saving(SHRINK, f"of-{key}")).process_status == "OK"
