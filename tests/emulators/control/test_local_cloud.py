"""The controls of the whole local cloud, asked at its endpoints as another process would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from local.options import PORT_NAMES, Options
from local.stack import Stack
from shared.clients.job_table import TABLE


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    # The timer rests: nothing but the tests moves anything.
    options = Options(data=folder, ports=dict.fromkeys(PORT_NAMES, 0), tick_seconds=3600)
    with Stack(options) as running:
        yield running


@pytest.fixture
def ask(cloud: Stack) -> Iterator[Callable[..., requests.Response]]:
    with requests.Session() as session:
        session.trust_env = False

        def asked(endpoint: str, method: str, path: str, body: object = None) -> requests.Response:
            return session.request(method, cloud.url(endpoint) + path, json=body, timeout=30)

        yield asked


@pytest.mark.parametrize("endpoint", ["oss", "ots", "dashscope", "fc"])
def test_each_endpoint_has_the_controls_of_the_whole_cloud(
    ask: Callable[..., requests.Response], endpoint: str
) -> None:
    shown = ask(endpoint, "GET", "/_control").json()
    assert shown["services"] == ["oss", "tablestore", "dashscope", "sls", "fc", "ros", "http"]


def test_every_path_of_the_http_trigger_is_the_functions(
    cloud: Stack, ask: Callable[..., requests.Response]
) -> None:
    cloud.controls.faults.error("http", status=503, code="ServiceUnavailable", message="armed")
    assert ask("http", "GET", "/_control").json()["ErrorMessage"] == "armed"


def test_a_fault_of_one_endpoint_is_armed_at_any(ask: Callable[..., requests.Response]) -> None:
    fault = {"service": "fc", "operation": "ListFunctions", "kind": "throttle"}
    assert ask("oss", "POST", "/_control/faults", fault).status_code == 200
    assert ask("fc", "GET", "/2023-03-30/functions").status_code == 429
    calls = ask("ots", "GET", "/_control/requests?service=fc").json()["requests"]
    assert [(call["operation"], call["status"]) for call in calls] == [("ListFunctions", 429)]


def test_the_clock_of_the_cloud_is_the_one_that_is_moved(
    cloud: Stack, ask: Callable[..., requests.Response]
) -> None:
    ask("oss", "PUT", "/_control/clock", {"hold": 2_000_000_000})
    assert cloud.clock.now() == 2_000_000_000
    ask("oss", "PUT", "/_control/clock", {"release": True})


def test_a_reset_leaves_the_cloud_as_on_its_first_start(
    cloud: Stack, ask: Callable[..., requests.Response]
) -> None:
    keys, urls = cloud.account, cloud.endpoints
    cloud.objects.put(cloud.bucket, "notes.txt", b"x")
    cloud.tables.create_instance("another")
    assert ask("dashscope", "POST", "/_control/reset", {}).json() == {"reset": True}
    assert cloud.objects.list_objects(cloud.bucket).rows == []
    assert not cloud.tables.has_instance("another")
    assert TABLE in cloud.tables.list_tables(cloud.resources.instances[0].name)
    assert (cloud.account, cloud.endpoints) == (keys, urls)
    assert ask("oss", "GET", f"/{cloud.bucket}/notes.txt").status_code == 403
    assert ask("oss", "GET", "/_control/requests").json()["requests"][-1]["operation"] == "GetObject"
