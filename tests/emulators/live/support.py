"""A local cloud in the part of the real one, and a run of the live questions that is put to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aliyun_local.cloud import CloudOptions, LocalCloud
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.samples import encoded, portrait
from tests.live.__main__ import main
from tests.live.question import Question
from tests.live.questions import QUESTIONS

INSTANCE = "live-studio"
PAY_TEN = {"LIVE_BUDGET_CNY": "10"}


@dataclass
class Asked:
    """A run: its exit status and its report."""

    status: int
    report: dict[str, Any]

    @property
    def switches(self) -> dict[str, dict[str, object]]:
        switches: dict[str, dict[str, object]] = self.report["switches"]
        return switches

    def seen(self, name: str) -> str:
        """Return what a question has shown."""
        return next(str(answer["seen"]) for answer in self.report["answers"] if answer["name"] == name)


@dataclass
class Account:
    """A cloud to ask, with time that passes only while a run waits."""

    cloud: LocalCloud
    folder: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def journals(self) -> Path:
        return self.folder / "journals"

    @property
    def report(self) -> Path:
        return self.folder / "live-report.json"

    @property
    def environment(self) -> dict[str, str]:
        photo = self.folder / "photo.jpg"
        photo.write_bytes(encoded(portrait(1, size=(320, 400))))
        return {**self.cloud.endpoints, "OTS_INSTANCE": INSTANCE, "LIVE_PHOTO": str(photo), **self.more}

    def command(
        self,
        *arguments: str,
        questions: tuple[Question, ...] = QUESTIONS,
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """Run the command and return its exit status."""
        return main(
            arguments,
            self.environment if environment is None else environment,
            wait=self.cloud.controls.clock.advance,
            folder=self.journals,
            known=questions,
        )

    def ask(self, *arguments: str, questions: tuple[Question, ...] = QUESTIONS) -> Asked:
        """Run the command and return its report."""
        status = self.command("--report", str(self.report), *arguments, questions=questions)
        return Asked(status, json.loads(self.report.read_text(encoding="utf-8")))

    def left(self) -> list[str]:
        """Return all that is in the account: buckets, objects, files, fine-tunes that can be deleted."""
        buckets = [bucket.name for bucket in self.cloud.objects.buckets().rows]
        objects = [row.key for name in buckets for row in self.cloud.objects.list_objects(name).rows]
        files = [file.name for file in self.cloud.studio.files.page(offset=0, limit=100)[1]]
        going = [
            entry.job_id
            for entry in self.cloud.studio.ledger()
            if entry.status not in ("SUCCEEDED", "FAILED", "CANCELED") and entry.deleted_at is None
        ]
        journals = [path.name for path in self.journals.glob("*")]
        return [*buckets, *objects, *files, *going, *journals]


@contextmanager
def account(
    folder: Path, behaviour: Behaviour | None = None, oss: OssBehaviour | None = None
) -> Iterator[Account]:
    """Run a cloud whose clock stands still while nobody waits."""
    options = CloudOptions(behaviour=behaviour or Behaviour(), oss_behaviour=oss or OssBehaviour())
    with LocalCloud(options) as cloud:
        cloud.controls.clock.hold()
        yield Account(cloud, folder)


def question(name: str, ask: Callable[..., Any], **more: Any) -> Question:
    """Return a question of a test's own."""
    return Question(name=name, words=f"{name}?", ask=ask, **more)
