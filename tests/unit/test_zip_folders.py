"""Whether the folders of a zip are those of several people."""

from __future__ import annotations

import pytest

from shared.domain.zip_folders import folders_of_several


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["1.jpg"],
        ["a/1.jpg", "a/2.jpg"],
        ["a/b/1.jpg", "a/b/2.jpg"],
        ["1.jpg", "more/2.jpg"],
        ["a/1.jpg", "a/more/2.jpg"],
        ["2023/1.jpg", "2024/2.jpg"],
        ["a/2023-05/1.jpg", "a/2024-06/1.jpg"],
        ["20240501/1.jpg", "20240502/1.jpg"],
        ["2023年5月/1.jpg", "2024年/1.jpg"],
        ["Photos from 2023/1.jpg", "Photos from 2024/1.jpg"],
        ["DCIM/100APPLE/1.jpg", "DCIM/101APPLE/1.jpg"],
        ["202405__/1.jpg", "202406_a/1.jpg"],
        ["li/near/1.jpg", "li/far/2.jpg"],
        ["photos/li/near/1.jpg", "photos/li/far/2.jpg"],
    ],
)
def test_it_is_one_persons(names: list[str]) -> None:
    assert folders_of_several(names, "li") == []


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (["anna/1.jpg", "ben/1.jpg"], ["anna", "ben"]),
        (["x/anna/1.jpg", "x/ben/1.jpg", "x/ben/2.jpg"], ["anna", "ben"]),
        (["1.jpg", "anna/1.jpg", "ben/1.jpg"], ["anna", "ben"]),
        (["001/1.jpg", "002/1.jpg"], ["001", "002"]),
        (["anna 2024/1.jpg", "ben 2024/1.jpg"], ["anna 2024", "ben 2024"]),
        (["101CHLOE/1.jpg", "102EMILY/1.jpg"], ["101CHLOE", "102EMILY"]),
        (["2024/1.jpg", "anna/1.jpg"], ["2024", "anna"]),
        (["li/1.jpg", "anna/1.jpg"], ["li", "anna"]),
        (["li x/near/1.jpg", "li x/far/2.jpg"], ["near", "far"]),
    ],
)
def test_it_may_be_several_peoples(names: list[str], folders: list[str]) -> None:
    assert folders_of_several(names, "li") == folders
