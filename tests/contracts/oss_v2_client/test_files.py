"""Objects as files of alibabacloud-oss-v2: read and appended to."""

from __future__ import annotations

import io
import os

import alibabacloud_oss_v2 as oss
import pytest

CONTENT = bytes(range(251)) * 1300


@pytest.fixture
def stored(client: oss.Client, bucket: str) -> str:
    client.put_object(oss.PutObjectRequest(bucket=bucket, key="a", body=CONTENT))
    return bucket


def test_a_file_is_read_from_any_place(client: oss.Client, stored: str) -> None:
    with client.open_file(stored, "a") as file:
        assert (file.tell(), file.seekable(), file.readable(), file.mode) == (0, True, True, "rb")
        for offset, whence, place in (
            (0, os.SEEK_SET, 0),
            (1000, os.SEEK_SET, 1000),
            (123, os.SEEK_CUR, 1125),
            (-1, os.SEEK_END, len(CONTENT) - 1),
            (0, os.SEEK_END, len(CONTENT)),
            (-len(CONTENT), os.SEEK_END, 0),
        ):
            assert file.seek(offset, whence) == place
            assert file.read(2) == CONTENT[place : place + 2]
    assert file.closed


def test_a_file_is_read_whole_by_lines_and_into_buffers(client: oss.Client, stored: str) -> None:
    with client.open_file(stored, "a") as file:
        file.seek(1234)
        assert file.read(17) + file.readall() == CONTENT[1234:]
        file.seek(0)
        buffer = bytearray(1000)
        assert (file.readinto(buffer), bytes(buffer)) == (1000, CONTENT[:1000])
    with client.open_file(stored, "a") as file:
        assert io.BufferedReader(file).readline() == io.BytesIO(CONTENT).readline()


def test_a_file_is_read_ahead_in_parallel(client: oss.Client, stored: str) -> None:
    with client.open_file(
        stored, "a", enable_prefetch=True, prefetch_num=2, chunk_size=64 * 1024, prefetch_threshold=0
    ) as file:
        assert file.read() == CONTENT


def test_a_file_that_changes_while_it_is_read_is_noticed(client: oss.Client, stored: str) -> None:
    with client.open_file(stored, "a") as file:
        assert file.read(10) == CONTENT[:10]
        client.put_object(oss.PutObjectRequest(bucket=stored, key="a", body=CONTENT[::-1]))
        file.seek(len(CONTENT) - 10)
        with pytest.raises(Exception, match="changed"):
            file.read(10)


def test_a_file_is_appended_to_and_reopened(client: oss.Client, bucket: str) -> None:
    parameters = oss.AppendObjectRequest(
        acl="public-read", storage_class="IA", content_type="plain/txt", metadata={"user": "test"}
    )
    with client.append_file(bucket, "log", create_parameter=parameters) as file:
        assert (file.tell(), file.writable(), file.mode) == (0, True, "ab")
        assert file.write(b"one,") == 4
        assert file.write_from(io.BytesIO(b"two,")) == 4
    with client.append_file(bucket, "log") as file:
        assert file.tell() == 8
        file.write(b"three")
        file.flush()
    got = client.get_object(oss.GetObjectRequest(bucket=bucket, key="log"))
    assert (got.body.content, got.object_type, got.storage_class) == (b"one,two,three", "Appendable", "IA")
    assert (got.content_type, got.metadata["user"]) == ("plain/txt", "test")
    client.put_object(oss.PutObjectRequest(bucket=bucket, key="normal", body=b"x"))
    with pytest.raises(Exception, match="Not a appendable file"):
        client.append_file(bucket, "normal")
