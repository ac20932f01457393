"""The page about the local cloud is true: its examples run, and its table has every control."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from aliyun_local.control import CONTROL_PATH, ControlledServer
from aliyun_local.mocking import MockCloud
from aliyun_local.mocking import mock_aliyun as mocked
from aliyun_local.serving.wire import Response
from local.packaging import ROOT

PAGE = (ROOT / "docs" / "local-cloud.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_shows_each_of_the_three_ways() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("source", EXAMPLES)
def test_each_example_passes(source: str) -> None:
    names: dict[str, Any] = {}
    exec(source, names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert len(tests) == 1
    if "mock_aliyun" in inspect.signature(tests[0]).parameters:
        with mocked() as cloud:
            tests[0](cloud)
    else:
        tests[0]()


def test_every_control_and_method_is_in_the_table(mock_aliyun: MockCloud) -> None:
    routes = ControlledServer(lambda _: Response(status=404), mock_aliyun.controls)._routes
    for name, methods in routes.items():
        for method in methods if name else ():
            assert f"`{method} {CONTROL_PATH}/{name}" in PAGE


def test_every_option_is_in_the_table() -> None:
    options = [name for name in inspect.signature(mocked).parameters if name != "function"]
    assert [name for name in options if f"| `{name}` |" not in PAGE] == []
