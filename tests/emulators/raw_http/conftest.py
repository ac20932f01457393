"""Every service on a loopback port, once with the usual patience and once in a hurry."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from aliyun_local.clock import SystemClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Service
from aliyun_local.tablestore.http.responses import TablestoreService
from aliyun_local.tablestore.store.models import TableStore
from tests.emulators.dashscope.support import API_KEY, Web
from tests.emulators.function_compute.support import start
from tests.emulators.oss.support import access_keys
from tests.emulators.raw_http.support import HURRY_SECONDS, Servers


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The servers by the names of their services; those in a hurry have ``hurried`` before the name."""
    clock = SystemClock()
    keys = access_keys(clock)
    with ExitStack() as opened:
        objects = opened.enter_context(closing(ObjectStore(None, clock)))
        tables = opened.enter_context(closing(TableStore(None, clock)))
        studio = opened.enter_context(closing(ModelStudio(None, clock, Behaviour(), Web().fetch)))
        functions = opened.enter_context(closing(start(tmp_path_factory.mktemp("functions"))))
        services: list[Service] = [
            OssService(objects, keys, clock),
            TablestoreService(tables, keys, clock),
            DashScopeService(studio, clock, api_keys=[API_KEY]),
        ]
        fronts: dict[str, Front] = {service.name: Front(service) for service in services}
        running = {"function_compute": functions.api}
        for name, front in fronts.items():
            running[name] = opened.enter_context(LoopbackServer(front))
        for name, front in {**fronts, "function_compute": functions.front}.items():
            server = LoopbackServer(front, request_seconds=HURRY_SECONDS)
            running[f"hurried {name}"] = opened.enter_context(server)
        yield running


@pytest.fixture(autouse=True)
def _no_traceback(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    died: list[threading.ExceptHookArgs] = []
    before, threading.excepthook = threading.excepthook, died.append
    yield
    threading.excepthook = before
    assert died == []
    assert "Traceback" not in "".join(capfd.readouterr()) + caplog.text
