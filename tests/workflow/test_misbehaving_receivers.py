"""Whatever a receiver does for six hours: one effect for each message, in order, and nothing else is reached.

The receiver is a program on loopback that does what the documents advise: it checks the signature as the
reference library makes it, and drops what it has seen by its id. The product's own sockets reach it by a name
of the Internet; what they connect to is written down before it is led to loopback.
"""

from __future__ import annotations

import importlib
import json
import socket
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler

import pytest

from shared.clients.vetted_connections import Answered, Poster
from shared.clients.webhook import Webhook
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud
from tests.workflow.receivers import LoopbackReceiver, receiver, says
from tests.workflow.support import tick
from tests.workflow.test_messages import SECRET, TRAINED, log_of, pass_time

LIBRARY = importlib.import_module("standardwebhooks")
INTERNET = "8.8.8.8"
PEOPLE = ("li", "wu", "zhao")
TRY_SECONDS = 0.2


class Network:
    """What the receiver's name leads to, who is connected to, and how long anybody waits.

    Attributes:
        addresses: what the name server says, one answer after the other and the last one again and again.
        is_up: whether a connection is taken.
        reached: what has been connected to.
    """

    def __init__(self) -> None:
        self.addresses = [[INTERNET]]
        self.is_up = True
        self.reached: list[str] = []

    def resolve(self, host: str, port: int) -> list[str]:
        return self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.reached.append(address[0])
        if not self.is_up:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", address[1]), timeout)


class Impatient(Poster):
    """Waits for a fifth of a second in the place of ten."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str], within_seconds: float) -> Answered:
        return super().post(url, body, headers, min(within_seconds, TRY_SECONDS))


def effects(there: LoopbackReceiver) -> dict[str, list[str]]:
    """What a customer does of what has come, by person: each message once, in the order of arrival."""
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for one in there.received:
        name, seconds = one.headers["webhook-id"], int(one.headers["webhook-timestamp"])
        at = datetime.fromtimestamp(seconds, tz=timezone.utc)
        assert one.headers["webhook-signature"] == LIBRARY.Webhook(SECRET).sign(name, at, one.body.decode())
        assert one.path == "/hook"
        if name not in seen:
            seen.add(name)
            told = json.loads(one.body)
            found.setdefault(told["data"]["person_id"], []).append(told["type"])
    return found


def _is_down(there: LoopbackReceiver, network: Network) -> None:
    network.is_up = False


def _fails(there: LoopbackReceiver, network: Network) -> None:
    """It does what it is asked for, and says that it has failed: each try has its effect."""
    there.answer = says(500)


def _takes_it_and_says_nothing(there: LoopbackReceiver, network: Network) -> None:
    def closes(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    there.answer = closes


def _is_slow(there: LoopbackReceiver, network: Network) -> None:
    def waits(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(2 * TRY_SECONDS)
        says(204)(handler)

    there.answer = waits


def _redirects(there: LoopbackReceiver, network: Network) -> None:
    there.answer = says(307, Location=there.url(path="/elsewhere"))


def _redirects_to_metadata(there: LoopbackReceiver, network: Network) -> None:
    there.answer = says(302, Location="http://169.254.169.254/latest/meta-data/")


def _leads_to(*addresses: str) -> Callable[[LoopbackReceiver, Network], None]:
    def leads(there: LoopbackReceiver, network: Network) -> None:
        # The first look-up is as it should be, and every one after it is not.
        network.addresses = [[INTERNET], list(addresses)]

    return leads


MISBEHAVIOUR = {
    "down": _is_down,
    "failing": _fails,
    "silent after the effect": _takes_it_and_says_nothing,
    "slow": _is_slow,
    "redirecting": _redirects,
    "redirecting to metadata": _redirects_to_metadata,
    "leading to metadata at the second look-up": _leads_to("169.254.169.254"),
    "leading to loopback at the second look-up": _leads_to("127.0.0.1"),
    "leading to both at the second look-up": _leads_to(INTERNET, "127.0.0.1"),
    "leading to loopback by IPv6 at the second look-up": _leads_to("::ffff:127.0.0.1"),
}


@pytest.mark.parametrize("behaves", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_after_six_hours_everything_has_one_effect_in_order_and_nothing_else_was_reached(
    cloud: SimulatedCloud, behaves: Callable[[LoopbackReceiver, Network], None]
) -> None:
    with receiver() as there:
        network = Network()
        poster = Impatient(resolve=network.resolve, connect=network.connect)
        cloud.receivers = (Webhook(there.url("receiver.example"), [SECRET], poster),)
        behaves(there, network)
        for person in PEOPLE:
            cloud.upload(person, "a.jpg", b"FACE " + person.encode())
            cloud.upload(person, "_READY", b"")
        tick(cloud, 30)
        assert {job.state for job in cloud.jobs()} == {JobState.SUCCEEDED}, "nobody waits for the receiver"
        pass_time(cloud, 5.5)
        assert "failed" in {one["outcome"] for one in log_of(cloud)["tries"]}
        there.answer, network.is_up, network.addresses = says(204), True, [[INTERNET]]
        pass_time(cloud, 6)
        assert effects(there) == dict.fromkeys(PEOPLE, TRAINED)
        assert set(network.reached) == {INTERNET}


def test_after_410_nothing_comes_and_no_state_is_told_twice_once_it_is_taken_again(
    cloud: SimulatedCloud,
) -> None:
    with receiver() as there:
        network = Network()
        poster = Impatient(resolve=network.resolve, connect=network.connect)
        cloud.receivers = (Webhook(there.url("receiver.example"), [SECRET], poster),)
        there.answer = says(410)
        cloud.upload("li", "a.jpg", b"FACE")
        cloud.upload("li", "_READY", b"")
        tick(cloud, 20)
        pass_time(cloud, 6)
        assert len(there.received) == 1
        there.answer = says(204)
        cloud.ask("try_receivers")
        tick(cloud, 3)
        there.received.pop()
        cloud.upload("wu", "a.jpg", b"FACE wu")
        cloud.upload("wu", "_READY", b"")
        tick(cloud, 20)
        assert effects(there) == {"li": ["training.queued"], "wu": TRAINED}
