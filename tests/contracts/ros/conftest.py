"""A local cloud with nothing deployed, and the official clients of ROS."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from aliyun_local.cloud import CloudOptions, LocalCloud
from tests.contracts.ros.support import Deployer
from tests.emulators.said_errors import only_documented_errors

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alibabacloud_ros20190910.client import Client
    from alibabacloud_tea_openapi.utils_models import Config


@pytest.fixture(autouse=True)
def _errors_are_documented(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with only_documented_errors(monkeypatch):
        yield


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    with LocalCloud(CloudOptions(data=tmp_path / "data")) as running:
        yield running


@pytest.fixture
def deployer(cloud: LocalCloud) -> Deployer:
    return Deployer(cloud)


@pytest.fixture
def client(cloud: LocalCloud) -> Client:
    return Client(
        Config(
            access_key_id=cloud.account.access_key_id,
            access_key_secret=cloud.account.access_key_secret,
            endpoint=cloud.url("ros").removeprefix("http://"),
            protocol="http",
            region_id="cn-beijing",
        )
    )
