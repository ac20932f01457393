"""A laptop that trains for real: the real DashScope, played by a second cloud, behind the forwarder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aliyun_local.cloud import CloudOptions, LocalCloud
from aliyun_local.dashscope.account.behaviour import Behaviour
from local.options import PORT_NAMES, Options
from local.real_dashscope.account import RealAccount
from local.real_dashscope.counter import Counter
from local.real_dashscope.desk import Desk
from local.stack import Stack

from .support import COLLECT, RECONCILE, LocalStudio, eventually


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[LocalCloud]:
    """A DashScope with data of its own: it knows the photos that it is given, and no OSS of ours."""
    behaviour = Behaviour(training_seconds=0.3, pending_seconds=0.1)
    with LocalCloud(CloudOptions(data=tmp_path / "elsewhere", behaviour=behaviour)) as cloud:
        yield cloud


def test_a_person_is_trained_by_files_once_somebody_has_said_yes(
    elsewhere: LocalCloud, tmp_path: Path
) -> None:
    real_key = elsewhere.account.dashscope_api_key
    # Loopback cannot be meant by LOCAL_DASHSCOPE=real; here it plays the distant one.
    account = RealAccount(api_key=real_key, base_url=f"{elsewhere.url('dashscope')}/api/v1", limit_fen=250)
    options = Options(
        data=tmp_path / "data",
        ports=dict.fromkeys(PORT_NAMES, 0),
        training_seconds=0.3,
        tick_seconds=0.5,
        parameters={"QuietSeconds": 1, "SweepSeconds": 2},
        real=account,
    )
    said: list[str] = []
    lines: dict[str, list[str]] = {}
    with (
        Desk(account, asks=True, counter=Counter(said.append)) as desk,
        Stack(
            options,
            on_log=lambda function, line: lines.setdefault(function, []).append(line),
            forwarder=desk.forwarder,
        ) as cloud,
    ):
        studio = LocalStudio(endpoints=cloud.endpoints, cloud=cloud, lines=lines)
        studio.upload_portraits("lin", 1, 2)
        studio.mark_ready("lin")
        subject = eventually(desk.purse.question)
        job_id = studio.document("lin")["current"]["job_id"]
        assert (subject.job_id, subject.photos) == (job_id, 2)
        assert elsewhere.studio.ledger() == []
        assert "answer in the terminal" in str(
            eventually(lambda: studio.document("lin")["queue"]["waiting_because"])
        )
        desk.purse.allow(subject)
        # The queue waits at most a minute after a refusal that passes; an operator's probe does not.
        studio.probe()
        studio.wait_until_trained("lin", seconds=90)
        eventually(lambda: desk.bill.paid_fen == 250)
        assert desk.total() == "Paid in this run: 2.50 CNY by list price, for 1 training that ended."
        eventually(lambda: elsewhere.studio.files.page(offset=0, limit=1)[0] == 0, 45)
        (tuned,) = elsewhere.studio.ledger()
        assert all(f"_train_{job_id}_" in name for name in tuned.training_file_names)
        assert len(tuned.training_file_names) == 2
        assert studio.called("CreateFineTune") == 0
        studio.close()
    written = [path for path in tmp_path.joinpath("data").rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if real_key.encode() in path.read_bytes()] == []
    assert real_key not in str([lines, said, cloud.endpoints])
    assert {COLLECT, RECONCILE} <= lines.keys()
