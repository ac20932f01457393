"""The names of a zip's files: in which encoding they are read, and that each file gets one of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.zip_names import entry_name, own_names
from tests.unit.support import few_examples

LONG = 1000


@pytest.mark.parametrize(
    ("raw", "beside", "name"),
    [
        (b"1.jpg", b"", "1.jpg"),
        ("海边.jpg".encode(), b"", "海边.jpg"),
        ("海边.jpg".encode("gbk"), b"", "海边.jpg"),
        ("镕.jpg".encode("gb18030"), b"", "镕.jpg"),
        (b"\xff\x80\xff", b"", b"\xff\x80\xff".decode("cp437")),
        (b"__.jpg", "海边.jpg".encode(), "海边.jpg"),
        (b"1.jpg", b"\xff\xff", "1.jpg"),
        (b"a\\b\\1.jpg", b"", "a/b/1.jpg"),
        # A character of GBK whose second byte is a backslash.
        ("誠\\1.jpg".encode("gbk"), b"", "誠/1.jpg"),
        (b"./a/1.jpg", b"", "a/1.jpg"),
        (b"../1.jpg", b"", "../1.jpg"),
        (b"", b"", ""),
    ],
)
def test_a_name_is_read_as_its_maker_meant_it(raw: bytes, beside: bytes, name: str) -> None:
    assert entry_name(raw, beside) == name


@few_examples
@given(st.binary(max_size=40), st.binary(max_size=10))
def test_any_bytes_are_some_name(raw: bytes, beside: bytes) -> None:
    entry_name(raw, beside).encode()


@pytest.mark.parametrize(
    ("names", "own"),
    [
        (["1.jpg", "2.jpg"], ["1.jpg", "2.jpg"]),
        (["1.jpg", "1.jpg", "1.jpg"], ["1.jpg", "1 (2).jpg", "1 (3).jpg"]),
        (["1.jpg", "1.jpg", "1 (2).jpg"], ["1.jpg", "1 (3).jpg", "1 (2).jpg"]),
        (["1 (2).jpg", "1.jpg", "1.jpg", "1.jpg"], ["1 (2).jpg", "1.jpg", "1 (3).jpg", "1 (4).jpg"]),
        (["a.b/1", "a.b/1"], ["a.b/1", "a.b/1 (2)"]),
        (["x.tar.jpg", "x.tar.jpg"], ["x.tar.jpg", "x.tar (2).jpg"]),
    ],
)
def test_the_second_file_of_a_name_gets_a_number(names: list[str], own: list[str]) -> None:
    assert own_names(names, LONG) == own


def test_a_long_name_is_cut_before_its_number_and_at_a_whole_character() -> None:
    name = "海" * 20 + ".jpg"
    _, second, third = own_names([name] * 3, len(name.encode()))
    assert second == "海" * 18 + " (2).jpg"
    assert third == "海" * 18 + " (3).jpg"
    assert max(len(one.encode()) for one in (second, third)) <= len(name.encode())


@few_examples
@given(
    st.lists(
        st.sampled_from(["a.jpg", "a (2).jpg", "a (3).jpg", "b/a.jpg", "a (2) (2).jpg", "海" * 9]),
        max_size=14,
    )
)
def test_no_two_files_get_one_name_and_a_name_of_its_own_is_kept(names: list[str]) -> None:
    own = own_names(names, 27)
    assert len(set(own)) == len(own)
    assert own == own_names(names, 27)
    for number, name in enumerate(names):
        if name not in names[:number]:
            assert own[number] == name
