"""The form of everything that this version stores, as samples: one of each kind of row, and of names.

``python -m tests.upgrades.stored_forms`` writes the samples of the formats that
:mod:`shared.domain.formats` names into ``stored/``, and never over samples that are there:

1. A form has changed, and ``test_stored_forms.py`` says so. Can older code do without the change, and keep
   it? Then raise ``additions`` of that format. Would it misunderstand it? Raise ``number``, and leave the
   release before time to be rolled back to (``docs/upgrades.md``).
2. Run ``python -m tests.upgrades.stored_forms`` and commit the new file beside the old ones, which stay.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

from shared.clients.control_table import ControlTable
from shared.clients.ignored_list import IgnoredList
from shared.clients.job_rows import to_columns
from shared.clients.outbox_table import OutboxTable
from shared.clients.request_table import RequestTable
from shared.clients.rows import Rows
from shared.clients.seen_table import SeenTable
from shared.domain import formats, lanes, requests
from shared.domain.breakers import Breaker
from shared.domain.consent_ledger import ROW as CONSENTS
from shared.domain.consent_ledger import ConsentLedger
from shared.domain.control_rows import DELIVERIES, Document
from shared.domain.erasure import Tombstone, print_of_key
from shared.domain.erasure import row_of as erased_row
from shared.domain.exports import Export, request_id_of
from shared.domain.formats import Format
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.lingering import Lingering
from shared.domain.object_keys import job_id, person_key, snapshot_key, upload_key
from shared.domain.outboxes import Outbox, Progress
from shared.domain.person_hash import hash_of
from shared.domain.photo_access import ROW as ACCESS
from shared.domain.photo_access import LearntAccess, Way
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.portraits import OrderState
from shared.domain.requests import Claim, Request, request_id
from shared.domain.result_keys import result_key
from shared.domain.share_links import row_of, with_link, with_revoked
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from shared.domain.totals import ROW as TOTALS
from shared.domain.totals import Totals
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.upload_memory import entries_of
from shared.http_api.authentication import Tokens
from shared.http_api.idempotency import fingerprint_of, key_of
from shared.http_api.links import Link, make_link
from shared.http_api.messages import from_event
from shared.settings import ENVIRONMENT_NAMES, read_settings
from shared.views import job_as_json
from shared.workflow.delivery_record import Try
from tests.http_events import http_event
from tests.upgrades.filled import filled

STORED = Path(__file__).with_name("stored")
NOW = 1_767_225_600_000


class Written:
    """Stands for a table, and takes what is written to it."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}

    def get(self, _: object) -> None:
        return None

    def put(self, key: Sequence[tuple[str, Any]], columns: Mapping[str, Any], **_: object) -> int:
        self.put_each([(key, columns)])
        return 1

    def put_each(self, rows: Sequence[tuple[Sequence[tuple[str, Any]], Mapping[str, Any]]]) -> None:
        for key, columns in rows:
            self.rows[" ".join(str(part) for _, part in key)] = _opened(columns)


def _opened(value: Any) -> Any:
    """Return a value with the JSON in it as what it says: a difference is to be seen."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return {name: _opened(part) for name, part in value.items()} if isinstance(value, Mapping) else value


def _jobs() -> dict[str, Any]:
    photos = (filled(Photo), replace(filled(Photo), name="b", verdict=Verdict.NO_FACE))
    job = replace(filled(Job), photo_set=filled(PhotoSet, photos=photos), state=JobState.TRAINING)
    standing = {one.name: one for one in JobState}
    # Lanes of trainings: portraits are asked for of a job that has ended.
    plain = replace(job, retry=None, delivered=False, portraits=(), result_due_at=0)
    return {
        "row": _opened(to_columns(job)),
        "rejected": sorted(set(to_columns(replace(job, state=JobState.REJECTED))) - set(to_columns(job))),
        "lanes": {name: replace(plain, state=one).lane for name, one in standing.items()},
        "waiting_lanes": {api.value: lane for api, lane in lanes.WAITING_LANE_OF.items()},
        "aside_lane": lanes.ASIDE_LANE,
        "states": [state.value for state in JobState],
        "order_states": [state.value for state in OrderState],
        "portrait_lanes": [lanes.PORTRAIT_LANE, lanes.PORTRAIT_QUEUE_LANE],
        "verdicts": sorted(verdict.value for verdict in Verdict),
        "kinds_of_trouble": sorted(kind.value for kind in Kind),
        "apis": sorted(api.value for api in Api),
    }


def _outboxes() -> dict[str, Any]:
    written = Written()
    outbox = filled(Outbox, key=person_key("李雷"), receivers={"webhook": filled(Progress)})
    OutboxTable(cast("Rows", written)).save(Outbox(key=outbox.key), outbox)
    return {"rows": written.rows, "lane": lanes.MESSAGE_LANE}


def _control() -> dict[str, Any]:
    written = Written()
    table = ControlTable(cast("Rows", written))
    table.save_slot(Slot(), filled(Slot))
    table.save_sweep(SweepProgress(), filled(SweepProgress))
    table.save_lingering(Lingering(), filled(Lingering))
    table.save_health(Health(), filled(Health, breakers={Api.FACE_CHECK: filled(Breaker)}))
    table.save_json(ACCESS, Document(), filled(LearntAccess, way=Way.FILE).as_value())
    table.save_json(TOTALS, Document(), Totals().with_job(filled(Job, state=JobState.FAILED)).as_value())
    links = with_revoked(with_link({}, "1", NOW, NOW + 2), "2", NOW + 3, NOW + 1)
    table.save_json(row_of("li"), Document(), links)
    table.save_json(erased_row("a hash"), Document(), filled(Tombstone).as_value())
    table.save_json(CONSENTS, Document(), filled(ConsentLedger).as_value())
    IgnoredList(table).note({"people/a": "a reason"}, NOW)
    value = {"disabled": {"webhook": {"at": NOW, "code": "http_410", "endpoint": "a hash"}}}
    table.save_json(DELIVERIES, Document(), {**value, "tries": [asdict(filled(Try))]})
    return written.rows


def _requests() -> dict[str, Any]:
    written = Written()
    table = RequestTable(cast("Rows", written))
    asked = filled(Request, request_id=request_id(NOW, "token"))
    table.ring(asked)
    table.claim("a hash", filled(Claim))
    table.revoke_link("a link", NOW)
    kinds = {
        name: value for name, value in vars(requests).items() if name.isupper() and isinstance(value, str)
    }
    return {"rows": written.rows, "kinds": sorted(kinds.values())}


def _seen() -> dict[str, Any]:
    written = Written()
    photo = filled(Photo, name="a.jpg", verdict=Verdict.USABLE)
    refused = filled(Photo, name="b.jpg", verdict=Verdict.NO_FACE)
    SeenTable(cast("Rows", written)).remember("key", entries_of(photo) | entries_of(refused), NOW)
    return written.rows


def _results() -> dict[str, Any]:
    job = filled(Job, state=JobState.SUCCEEDED, photo_set=filled(PhotoSet), price_fen=0)
    result: dict[str, Any] = json.loads(job_as_json(job))
    for photo in result["photos"]:
        # Words are for people, and may change at any time.
        photo |= {"reason": "words", "remedy": "words"}
    return result


class _Asked(dict[str, str]):
    """An environment that notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def _settings() -> dict[str, Any]:
    asked = _Asked()
    read = read_settings(asked)
    texts = {name: getattr(read, name) for name in ENVIRONMENT_NAMES}
    return {"variables": sorted(asked.names), "defaults": texts | asdict(read.rules)}


def _names() -> dict[str, Any]:
    name = job_id("李雷", 7)
    sent = http_event("POST", "/people/li/train", headers={"Idempotency-Key": "k"}, content="{}")
    request = from_event(json.dumps(sent).encode())
    return {
        "person_key": person_key("李雷"),
        "job_id": name,
        "snapshot": snapshot_key(name, "token"),
        "upload": upload_key("李雷", "a.jpg"),
        "result": result_key("李雷", 7),
        "request_id": request_id(NOW, "token"),
        "export": request_id_of("李雷"),
        "export_objects": Export(token="token").zip_key(person_key("李雷")),
        "links_row": row_of("李雷"),
        "erased_row": erased_row(hash_of("k" * 32, "李雷")),
        "erase_key": print_of_key("k" * 32),
        "share_link": make_link(Tokens(links="k" * 32), Link("李雷", "0" * 16, NOW // 1000)),
        "idempotency_key": key_of(request.headers, "admin"),
        "fingerprint": fingerprint_of(request),
    }


FORMS: dict[str, tuple[Format, Callable[[], dict[str, Any]]]] = {
    "jobs": (formats.JOBS, _jobs),
    "outboxes": (formats.OUTBOXES, _outboxes),
    "control": (formats.CONTROL, _control),
    "requests": (formats.REQUESTS, _requests),
    "seen": (formats.SEEN, _seen),
    "results": (formats.RESULTS, _results),
    "settings": (formats.SETTINGS, _settings),
    "names": (formats.NAMES, _names),
}
"""The kinds of what is stored: the format that the code says, and the sample that it makes."""


def sample_of(kind: str) -> str:
    """Return what this version stores, as the text of its file."""
    return json.dumps(FORMS[kind][1](), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def file_of(kind: str, format_: Format) -> Path:
    """Return where the samples of a format are."""
    return STORED / f"{kind}-{format_.number}.{format_.additions}.json"


def main() -> int:
    """Write the samples that are not there; returns 1 if one that is there says something else."""
    differing = 0
    for kind, (format_, _) in FORMS.items():
        path = file_of(kind, format_)
        if not path.exists():
            path.write_text(sample_of(kind), "utf-8")
            print(f"{path.name} is new")
        elif path.read_text("utf-8") != sample_of(kind):
            differing = 1
            print(f"{path.name} says something else, and stays: raise the format of {kind} first")
    return differing


if __name__ == "__main__":
    sys.exit(main())
