"""The page about the local cloud is true of ``mock_aliyun`` and of the controls: examples and tables run."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator

import pytest
import requests

from aliyun_local.control import CONTROL_PATH, ControlledServer, Target
from aliyun_local.mocking import MockCloud
from aliyun_local.mocking import mock_aliyun as mocked
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Response
from local.packaging import ROOT

PAGE = (ROOT / "docs" / "local-cloud.md").read_text(encoding="utf-8")
IN_A_TEST = PAGE.partition("\n## A cloud inside a test")[2].partition("\n## ")[0]
EXAMPLES = re.findall(r"```python\n(.*?)```", IN_A_TEST, re.DOTALL)
CONTROLS = re.findall(r"^\| `([A-Z]+) (/_control/\S+)`(?: `(.*?)`)? \| `(.*?)` \|", PAGE, re.MULTILINE)
# Methods that the interception calls, and the ends of a mock's life.
NOT_FOR_TESTS = {
    *("answer", "checks_secrets", "close", "domains", "fronts", "passthrough", "resources", "service_of"),
}


def test_the_page_shows_each_of_the_three_ways_and_a_template() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("source", EXAMPLES)
def test_each_example_passes(source: str) -> None:
    names: dict[str, object] = {}
    exec(source, names)
    tests = [value for name, value in names.items() if name.startswith("test_") and inspect.isfunction(value)]
    assert len(tests) == 1
    if "mock_aliyun" in inspect.signature(tests[0]).parameters:
        with mocked() as cloud:
            tests[0](cloud)
    else:
        tests[0]()


@pytest.fixture
def control_url(mock_aliyun: MockCloud) -> Iterator[str]:
    """The address of a server with the controls of the cloud, three faults of which are armed."""
    for _ in range(3):
        mock_aliyun.faults.throttle("oss")
    served = ControlledServer(lambda _: Response(status=404), mock_aliyun.controls)
    with LoopbackServer(served) as server:
        yield server.url


@pytest.mark.parametrize(("method", "path", "body", "python"), CONTROLS)
def test_each_row_of_the_table_of_controls_is_accepted_over_http_and_in_python(
    mock_aliyun: MockCloud, control_url: str, method: str, path: str, body: str, python: str
) -> None:
    content = json.loads(body) if body else None
    if method in ("POST", "PUT"):
        answer = requests.request(method, control_url + path, json=content or {}, timeout=5)
    else:
        answer = requests.request(method, control_url + path, timeout=5)
    assert answer.status_code == 200, answer.text
    controls = mock_aliyun.controls
    names = {
        name: getattr(controls, name)
        for name in (
            "reset",
            "clock",
            "faults",
            "requests",
            "forget_requests",
            "transitions",
            "switches",
            "ledger",
            "resource_failures",
        )
    }
    eval(python, {**names, "Target": Target, "fault": mock_aliyun.faults.throttle("oss")})


def test_every_control_and_method_is_in_the_table(mock_aliyun: MockCloud) -> None:
    routes = ControlledServer(lambda _: Response(status=404), mock_aliyun.controls)._routes
    for name, methods in routes.items():
        for method in methods if name else ():
            assert any(
                (row[0], row[1].partition("?")[0]) == (method, f"{CONTROL_PATH}/{name}") for row in CONTROLS
            )


def test_every_option_is_in_the_table() -> None:
    options = [name for name in inspect.signature(mocked).parameters if name != "function"]
    assert [name for name in options if f"| `{name}` |" not in PAGE] == []


def test_everything_that_a_test_can_use_of_the_cloud_is_on_the_page(mock_aliyun: MockCloud) -> None:
    public = {name for name in dir(mock_aliyun) if not name.startswith("_")} - NOT_FOR_TESTS
    assert [name for name in sorted(public) if not re.search(rf"`{name}[`(]", IN_A_TEST)] == []


def test_the_mistakes_that_the_page_names_have_these_statuses(control_url: str) -> None:
    url = f"{control_url}{CONTROL_PATH}"
    statuses = {
        "no JSON": requests.put(f"{url}/clock", data='{"hold": true}', timeout=5).status_code,
        "body": requests.put(f"{url}/clock", json={"hold": "now"}, timeout=5).status_code,
        "query": requests.get(f"{url}/requests?service=s3", timeout=5).status_code,
        "unknown control": requests.get(f"{url}/time", timeout=5).status_code,
        "unknown fault": requests.delete(f"{url}/faults/99", timeout=5).status_code,
        "method": requests.delete(f"{url}/clock", timeout=5).status_code,
    }
    assert statuses == {
        "no JSON": 415,
        "body": 400,
        "query": 400,
        "unknown control": 404,
        "unknown fault": 404,
        "method": 405,
    }
