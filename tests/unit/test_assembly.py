"""Clients are made once for a warm instance, again for new credentials, with the garbage collector off."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared import assembly, logs
from shared.clients import rows
from shared.clients.credentials import Credentials
from shared.logs import redact
from shared.settings import Settings

SETTINGS = Settings(
    ots_endpoint="https://ots", ots_instance="studio", oss_endpoint="https://oss", oss_bucket="photos"
)
TODAY = Credentials(access_key_id="today", access_key_secret="s", security_token="t")
TOMORROW = Credentials(access_key_id="tomorrow", access_key_secret="s", security_token="t")


class Connections(list[Credentials]):
    """Stands for the client: notes every connection, and whether garbage was looked for meanwhile."""

    collected: bool | None = None
    trouble: Exception | None = None

    def connect(self, endpoint: str, instance: str, credentials: Credentials) -> object:
        self.append(credentials)
        self.collected = gc.isenabled()
        if self.trouble:
            raise self.trouble
        return object()


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connections]:
    made = Connections()
    monkeypatch.setattr(assembly, "_kept", {})
    monkeypatch.setattr(rows, "connect", made.connect)
    yield made
    gc.enable()


def test_a_warm_instance_uses_its_clients_again(connections: Connections) -> None:
    first = assembly.tables(SETTINGS, TODAY)
    assert assembly.tables(SETTINGS, TODAY) is first
    assert connections == [TODAY]


def test_clients_are_made_again_when_the_credentials_have_changed(connections: Connections) -> None:
    first = assembly.tables(SETTINGS, TODAY)
    assert assembly.tables(SETTINGS, TOMORROW) is not first
    assert connections == [TODAY, TOMORROW]


def test_clients_are_made_again_for_another_instance(connections: Connections) -> None:
    first = assembly.tables(SETTINGS, TODAY)
    assert assembly.tables(Settings(ots_endpoint="https://ots", ots_instance="other"), TODAY) is not first


def test_no_garbage_is_looked_for_while_clients_are_made_and_it_is_afterwards(
    connections: Connections,
) -> None:
    frozen = gc.get_freeze_count()
    assembly.tables(SETTINGS, TODAY)
    assert connections.collected is False
    assert gc.isenabled()
    assert gc.get_freeze_count() > frozen


def test_a_collector_that_was_off_stays_off(connections: Connections) -> None:
    gc.disable()
    assembly.tables(SETTINGS, TODAY)
    assert not gc.isenabled()


def test_a_connection_that_failed_is_tried_again_and_the_collector_goes_on(connections: Connections) -> None:
    connections.trouble = OSError("no route")
    with pytest.raises(OSError, match="no route"):
        assembly.tables(SETTINGS, TODAY)
    assert gc.isenabled()
    connections.trouble = None
    assembly.tables(SETTINGS, TODAY)
    assert connections == [TODAY, TODAY]


def test_the_secrets_of_an_invocation_are_hidden(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_hidden", {})
    settings = replace(SETTINGS, dashscope_api_key="key-5ec7e7-one", status_token="5ec7e7-two!")
    credentials = Credentials(
        access_key_id="today", access_key_secret="three/5ec7e7+", security_token="CAIS 5ec7e7"
    )
    assembly.tables(settings, credentials)
    said = f"{settings.dashscope_api_key} {settings.status_token} {credentials.access_key_secret}"
    assert redact(f"<{said} {credentials.security_token}>") == "<… … … …>"
