"""A laptop that trains for real: the real DashScope, played by a second cloud, behind the forwarder."""

from __future__ import annotations

import os
import pty
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aliyun_local.cloud import CloudOptions, LocalCloud
from aliyun_local.dashscope.account.behaviour import Behaviour
from local.options import PORT_NAMES, Options
from local.real_dashscope.account import RealAccount
from local.real_dashscope.counter import Counter
from local.real_dashscope.desk import Desk
from local.real_dashscope.product import Product
from local.stack import Stack
from local.up import run_up

from .support import COLLECT, RECONCILE, LocalStudio, Studio, eventually


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[LocalCloud]:
    """A DashScope with data of its own: it knows the photos that it is given, and no OSS of ours."""
    behaviour = Behaviour(training_seconds=0.3, pending_seconds=0.1)
    with LocalCloud(CloudOptions(data=tmp_path / "elsewhere", behaviour=behaviour)) as cloud:
        yield cloud


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal: what somebody types at the first is read from the second."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def options_for(account: RealAccount, data: Path) -> Options:
    return Options(
        data=data,
        ports=dict.fromkeys(PORT_NAMES, 0),
        training_seconds=0.3,
        tick_seconds=0.5,
        parameters={"QuietSeconds": 1, "SettleSeconds": 1, "SweepSeconds": 2},
        real=account,
    )


def account_at(elsewhere: LocalCloud, limit_fen: int) -> RealAccount:
    """Return its account. Loopback cannot be meant by LOCAL_DASHSCOPE=real; here it plays the distant one."""
    url = f"{elsewhere.url('dashscope')}/api/v1"
    return RealAccount(api_key=elsewhere.account.dashscope_api_key, base_url=url, limit_fen=limit_fen)


def files_with(secret: str, folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if secret.encode() in path.read_bytes()]


def test_a_person_is_trained_by_files_once_somebody_has_said_yes(
    elsewhere: LocalCloud, tmp_path: Path, terminal: tuple[int, int]
) -> None:
    account = account_at(elsewhere, 250)
    keyboard, screen = terminal
    said: list[str] = []
    lines: dict[str, list[str]] = {}
    with (
        Desk(account, asks=True, counter=Counter(said.append, screen)) as desk,
        Stack(
            options_for(account, tmp_path / "data"),
            on_log=lambda function, line: lines.setdefault(function, []).append(line),
            forwarder=desk.forwarder,
        ) as cloud,
    ):
        studio = LocalStudio(endpoints=cloud.endpoints, cloud=cloud, lines=lines)
        studio.upload_portraits("lin", 1, 2)
        studio.mark_ready("lin")
        subject = eventually(desk.purse.question)
        product = Product(cloud.status_url, cloud.status_token, cloud.admin_token)
        job_id = studio.document("lin")["current"]["job_id"]
        assert (subject.job_id, subject.photos) == (job_id, 2)
        assert elsewhere.studio.ledger() == []
        assert "answer in the terminal" in str(
            eventually(lambda: studio.document("lin")["queue"]["waiting_because"])
        )
        with product, desk.asking(product):
            question = eventually(lambda: [text for text in said if "lin, 2 photos: 2.50 CNY" in text])
            os.write(keyboard, b"y\n")
            studio.wait_until_trained("lin", seconds=90)
        assert len(question) == 1
        eventually(lambda: desk.bill.paid_fen == 250)
        assert desk.total() == "Paid in this run: 2.50 CNY by list price, for 1 training that ended."
        eventually(lambda: elsewhere.studio.files.page(offset=0, limit=1)[0] == 0, 45)
        (tuned,) = elsewhere.studio.ledger()
        assert all(f"_train_{job_id}_" in name for name in tuned.training_file_names)
        assert len(tuned.training_file_names) == 2
        assert studio.called("CreateFineTune") == 0
        studio.close()
    assert files_with(account.api_key, tmp_path / "data") == []
    assert account.api_key not in str([lines, said, cloud.endpoints])
    assert {COLLECT, RECONCILE} <= lines.keys()


def test_make_up_pays_up_to_its_limit_without_a_terminal_and_says_what_it_was(
    elsewhere: LocalCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    account, folder, stop = account_at(elsewhere, 499), tmp_path / "here", threading.Event()
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr("local.up.stop_on_signals", lambda: stop)
    options = options_for(account, folder / "data")
    run = threading.Thread(target=run_up, args=(options,), kwargs={"log": False})
    run.start()
    try:
        file = folder / ".local" / "endpoints.env"
        eventually(file.exists)
        lines = file.read_text(encoding="utf-8").splitlines()
        studio = Studio(endpoints=dict(line.split("=", 1) for line in lines))
        assert studio.endpoints["DASHSCOPE_API_KEY"] == account.local_key
        for person, seed in (("lin", 1), ("maria", 2)):
            studio.upload_portraits(person, seed)
            studio.mark_ready(person)
        trained = eventually(lambda: [name for name in ("lin", "maria") if studio.state(name) == "SUCCEEDED"])
        (waiting,) = {"lin", "maria"} - {*trained}
        eventually(lambda: "2.50 CNY of 4.99 CNY are ordered" in str(studio.person(waiting)), 90)
        assert files_with(account.api_key, folder) == []
        studio.close()
    finally:
        stop.set()
        run.join(30)
    said = capsys.readouterr()
    assert "Nobody is asked; PAY_UP_TO allows 4.99 CNY in this run." in said.out
    assert f"paid 2.50 CNY: {trained[0]} (ft-" in said.out
    assert said.out.endswith("Paid in this run: 2.50 CNY by list price, for 1 training that ended.\n")
    assert account.api_key not in said.out + said.err
    assert len(elsewhere.studio.ledger()) == 1
