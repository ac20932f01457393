"""The link that opens ROS's form: it names the template, and is made for no address that ROS cannot read."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from local.one_click import MAX_TEMPLATE_BYTES, MAX_URL_BYTES, link, main
from local.packaging import ROOT

ADDRESS = "https://files.example.com/faces/template.yml"


def test_the_link_opens_the_form_in_the_region_of_facechain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([ADDRESS]) == 0
    parts = urlsplit(capsys.readouterr().out.strip())
    assert (parts.hostname, parts.path) == ("ros.console.aliyun.com", "/cn-beijing/stacks/create")
    assert parse_qs(parts.query) == {"templateUrl": [ADDRESS], "isSimplified": ["true"]}


@pytest.mark.parametrize(
    "address",
    [
        "template.yml",
        "http://files.example.com/template.yml",
        "oss://bucket/template.yml",
        f"{ADDRESS}?Signature=abc&Expires=1",
        "https://user:word@files.example.com/template.yml",
        f"https://files.example.com/{'a' * MAX_URL_BYTES}",
    ],
)
def test_an_address_that_is_not_read_or_ends_is_refused_with_what_to_do(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=r"put template|signed URL|shorter"):
        link(address)
    assert main([address]) == 2
    assert capsys.readouterr().out == ""


def test_the_template_is_small_enough_for_ros() -> None:
    assert (ROOT / "template.yml").stat().st_size < MAX_TEMPLATE_BYTES / 4
