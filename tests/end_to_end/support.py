"""What the end-to-end tests share: a user's own programs, which know endpoints and keys and no more."""

from __future__ import annotations

import base64
import email.utils
import functools
import hashlib
import hmac
import io
import json
import math
import os
import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote, unquote, urlsplit

import requests
import requests.auth
from PIL import Image

from aliyun_local.samples import landscape, portrait
from local.deployment import FunctionCode
from local.options import OLD, PORT_NAMES, TODAY, Options
from local.stack import Stack
from tests.described import session_to

with warnings.catch_warnings():
    # oss2 2.19.1 has an invalid escape in a docstring, which Python 3.12 remarks on while it compiles it.
    warnings.simplefilter("ignore")
    import oss2
    import tablestore

T = TypeVar("T")

REGION = "cn-beijing"
COLLECT, RECONCILE, STATUS = (f"facechain-autotrain-{name}" for name in ("collect", "reconcile", "status"))
_LOG_LINE = re.compile(r"\S+Z \S+ \[[A-Z]+\] (\{.*\})")
SETTLED = {"SUCCEEDED", "FAILED", "CANCELED", "REJECTED"}


def eventually(
    condition: Callable[[], T | Literal[False] | None],
    seconds: float = 90.0,
    why: Callable[[], object] = str,
) -> T:
    """Return the first true value of ``condition``; fail with the last value when the time is over."""
    deadline, pause = time.monotonic() + seconds, 0.1
    while True:
        seen = condition()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"not within {seconds:g} s; last seen: {seen!r} {why()}"
        time.sleep(pause)
        # A look at a status costs as much as the work that is waited for.
        pause = min(0.4, pause * 1.3)


def encoded(image: Image.Image, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=85)
    return buffer.getvalue()


@functools.cache
def photo(seed: int, size: tuple[int, int] = (320, 400), faces: int = 1) -> bytes:
    """Return a JPEG that shows ``faces`` faces; another seed is another photo."""
    return encoded(portrait(seed, size=size, faces=faces))


@functools.cache
def scenery(seed: int) -> bytes:
    """Return a JPEG without a face."""
    return encoded(landscape(seed, size=(400, 320)))


class SignedForFunctionCompute(requests.auth.AuthBase):
    """Signs a request as Function Compute's own scheme asks for ("Signature authentication")."""

    def __init__(self, key_id: str, secret: str) -> None:
        self._key_id = key_id
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        headers = request.headers
        headers["Date"] = email.utils.formatdate(usegmt=True)
        own = sorted((name.lower(), headers[name]) for name in headers if name.lower().startswith("x-fc-"))
        text = "\n".join(
            [
                str(request.method),
                headers.get("Content-MD5", ""),
                headers.get("Content-Type", ""),
                headers["Date"],
                *(f"{name}:{value}" for name, value in own),
                unquote(urlsplit(str(request.url)).path),
            ]
        )
        digest = hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).digest()
        headers["Authorization"] = f"FC {self._key_id}:{base64.b64encode(digest).decode()}"
        return request


@dataclass
class Studio:
    """A user of one running cloud: uploads with the official client and reads the status API over HTTP."""

    endpoints: Mapping[str, str]
    sessions: list[requests.Session] = field(default_factory=list)

    def __post_init__(self) -> None:
        session = oss2.Session()
        self.sessions.append(session.session)
        auth = oss2.AuthV4(
            self.endpoints["ALIBABA_CLOUD_ACCESS_KEY_ID"], self.endpoints["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
        )
        self.bucket = oss2.Bucket(
            auth,
            self.endpoints["OSS_ENDPOINT"],
            self.endpoints["OSS_BUCKET"],
            region=REGION,
            session=session,
            enable_crc=False,
        )
        self.http = session_to(self.endpoints["STATUS_URL"])
        self.sessions.append(self.http)

    def close(self) -> None:
        # Neither client closes its connections by itself, and an open socket is a warning.
        for session in self.sessions:
            session.close()

    # -- uploads ------------------------------------------------------------------------------------

    def upload(self, person: str, name: str, content: bytes) -> None:
        self.bucket.put_object(f"people/{person}/{name}", content)

    def upload_portraits(self, person: str, *seeds: int) -> None:
        for seed in seeds:
            self.upload(person, f"{seed}.jpg", photo(seed))

    def mark_ready(self, person: str) -> None:
        self.upload(person, "_READY", b"")

    # -- the status API -----------------------------------------------------------------------------

    def get(self, path: str, *, token: str | None = None, **options: Any) -> requests.Response:
        given = self.endpoints["STATUS_TOKEN"] if token is None else token
        headers = {"Authorization": f"Bearer {given}", **options.pop("headers", {})}
        return self.http.request(
            options.pop("method", "GET"),
            self.endpoints["STATUS_URL"] + path,
            headers=headers,
            timeout=30,
            **options,
        )

    def person(self, person: str) -> dict[str, Any] | None:
        """Return the person's document; None while nothing of the person has arrived."""
        answer = self.get(f"/people/{quote(person, safe='')}")
        if answer.status_code == 404:
            return None
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def document(self, person: str) -> dict[str, Any]:
        """Return the document of a person of whom something has arrived."""
        document = self.person(person)
        assert document is not None, person
        return document

    def state(self, person: str) -> str:
        document = self.person(person)
        return document["state"] if document else ""

    def wait_for(
        self, person: str, state: str, *, revision: int = 1, seconds: float = 90.0
    ) -> dict[str, Any]:
        """Wait until a revision of the person is in ``state``; fail at once if it ends in another one."""
        seen: dict[str, Any] = {}

        def reached() -> dict[str, Any] | None:
            document = self.person(person)
            seen.update(document or {})
            if document is None or document["current"]["revision"] != revision:
                return None
            if document["state"] != state and document["state"] in SETTLED - {"REJECTED"}:
                raise AssertionError(f"{person} ended {document['state']}, not {state}: {document}")
            return document if document["state"] == state else None

        return eventually(reached, seconds, lambda: seen)

    def wait_until_trained(self, person: str, *, revision: int = 1, seconds: float = 90.0) -> dict[str, Any]:
        return self.wait_for(person, "SUCCEEDED", revision=revision, seconds=seconds)

    def not_ready_because(self) -> list[str]:
        """Return the codes of what stands in everybody's way, as anybody is told them."""
        answer = self.http.get(self.endpoints["STATUS_URL"] + "/readyz", timeout=30)
        assert answer.status_code in (200, 503), answer.text
        return [reason["code"] for reason in answer.json().get("reasons", ())]

    def probe(self) -> None:
        """Ask for what is refused to be tried again now, as an administrator does, and wait until it is."""
        asked = self.get("/queue/probe", method="POST", token=self.endpoints["ADMIN_TOKEN"])
        assert asked.status_code == 202, asked.text
        eventually(lambda: self.get(asked.json()["href"]).json()["status"] == "done")

    # -- what others say of it ----------------------------------------------------------------------

    def result(self, person: str, revision: int = 1) -> dict[str, Any]:
        """Return the result object, which is written moments after the state has changed."""
        key = f"results/{person}/{revision}.json"
        eventually(lambda: self.bucket.object_exists(key), why=lambda: key)
        document: dict[str, Any] = json.loads(self.bucket.get_object(key).read())
        return document

    def fine_tunes_of(self, job_id: str) -> list[str]:
        """Return the ids of the fine-tunes that were made from a job's snapshots."""
        return [entry["job_id"] for entry in self.ledger() if job_id in jobs_of(entry)]

    def ledger(self) -> list[dict[str, Any]]:
        """Return every fine-tune that was ever submitted, by DashScope's own books."""
        answer = self.http.get(self.endpoints["OSS_ENDPOINT"] + "/_control/ledger", timeout=30)
        assert answer.status_code == 200, answer.text
        entries: list[dict[str, Any]] = answer.json()["fine_tunes"]
        return entries

    def invoke(self, function: str, payload: bytes, **headers: str) -> requests.Response:
        """Call a function by the API of 2023; ``headers`` are the service's own: ``invocation_type``."""
        return self.http.post(
            f"{self.endpoints['FC_ENDPOINT']}/2023-03-30/functions/{function}/invocations",
            data=payload,
            headers={f"x-fc-{name.replace('_', '-')}": value for name, value in headers.items()},
            auth=SignedForFunctionCompute(
                self.endpoints["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                self.endpoints["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            ),
            timeout=60,
        )

    @contextmanager
    def tables(self) -> Iterator[tablestore.OTSClient]:
        client = tablestore.OTSClient(
            self.endpoints["OTS_ENDPOINT"],
            self.endpoints["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            self.endpoints["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            self.endpoints["OTS_INSTANCE"],
        )
        try:
            yield client
        finally:
            client.connection.pool.clear()

    def rows(self, table: str, *key: str) -> list[dict[str, Any]]:
        """Return every row of a table with all of its columns; ``key`` are the primary key's columns."""
        with self.tables() as client:
            _, _, rows, _ = client.get_range(
                table,
                tablestore.Direction.FORWARD,
                [(name, tablestore.INF_MIN) for name in key],
                [(name, tablestore.INF_MAX) for name in key],
                max_version=1,
            )
        return [
            {**dict(row.primary_key), **{name: value for name, value, *_ in row.attribute_columns}}
            for row in rows
        ]


@dataclass(kw_only=True)
class LocalStudio(Studio):
    """A studio whose cloud runs in this very process, so that a test can look behind its services as well."""

    cloud: Stack
    lines: dict[str, list[str]] = field(default_factory=dict)

    def logged(self, function: str, event: str) -> list[dict[str, Any]]:
        """Return the fields of every line that a function logged about ``event``."""
        found = []
        for line in self.logs(function):
            written = _LOG_LINE.fullmatch(line)
            if written:
                fields = json.loads(written[1])
                if fields["event"] == event:
                    found.append(fields)
        return found

    def called(self, operation: str) -> int:
        """Return how often DashScope got a call of ``operation``."""
        return sum(call.operation == operation for call in list(self.cloud.fronts["dashscope"].log))

    def logs(self, function: str) -> list[str]:
        """Return every line that a function has logged; the cloud itself keeps the last ones only."""
        return list(self.lines.get(function, ()))

    def ended(self, function: str) -> int:
        """Return how many runs of a function have ended, well or badly."""
        return sum(line.startswith("FC Invoke End") for line in self.logs(function))

    def tick(self, wanted: bool) -> None:
        """Let the timers run, or rest."""
        for schedule in self.cloud.compute.schedules:
            if wanted == math.isinf(schedule.next_at):
                schedule.next_at = self.cloud.clock.now() if wanted else math.inf

    def let_ticks_pass(self, count: int) -> None:
        """Wait until ``count`` more ticks have begun and ended."""
        before = self.ended(RECONCILE)
        eventually(lambda: self.ended(RECONCILE) >= before + count)

    @contextmanager
    def handling(self, count: int) -> Iterator[None]:
        """Wait, after what is done inside, until ``count`` more events of uploads have been handled."""
        before = self.ended(COLLECT)
        yield
        eventually(lambda: self.ended(COLLECT) >= before + count)


IS_FRIENDLY = bool(os.environ.get("FRIENDLY"))
"""With FRIENDLY=1 the tests run on the most favourable accounts, as far as they do not choose one."""


@contextmanager
def running_studio(
    data: Path,
    *,
    oss_account: str = OLD if IS_FRIENDLY else TODAY,
    code: FunctionCode | None = None,
    **changes: Any,
) -> Iterator[LocalStudio]:
    """Run a quick local cloud on ``data`` in this process, with an OSS account as in LOCAL_OSS_ACCOUNT."""
    parameters = {"QuietSeconds": 1, "SettleSeconds": 1, "SweepSeconds": 2, **changes.pop("parameters", {})}
    options = Options(
        data=data,
        ports=dict.fromkeys(PORT_NAMES, 0),
        oss_account=oss_account,
        parameters=parameters,
        **{"training_seconds": 0.3, "tick_seconds": 0.5, "kept_jobs": 10_000, **changes},
    )
    lines: dict[str, list[str]] = {}

    def on_log(function: str, line: str) -> None:
        lines.setdefault(function, []).append(line)

    with Stack(options, on_log=on_log, code=code) as cloud:
        if IS_FRIENDLY:
            cloud.controls.switches.set({"dashscope": FRIENDLY})
        studio = LocalStudio(endpoints=cloud.endpoints, cloud=cloud, lines=lines)
        try:
            yield studio
        finally:
            studio.close()


FRIENDLY = {
    "second_fine_tune": "queue",
    "fetch": "start",
    "delete_terminal": "allow",
    "show_finetuned_output": "succeeded",
    "keep_job_name": True,
    "foreign_fine_tunes": 0,
    "most_entries_a_page": 100,
}
"""DashScope's switches where its documents leave a choice, each at its kindest."""


def snapshots_of(entry: Mapping[str, Any]) -> list[str]:
    """Return the keys of the snapshots that a fine-tune was made from, by URL or as stored files."""
    files = zip(entry["training_file_ids"], entry["training_file_names"], strict=True)
    return ["/".join(_place_of(url, name)) for url, name in files]


def jobs_of(entry: Mapping[str, Any]) -> set[str]:
    """Return the jobs whose snapshots a fine-tune was made from."""
    return {key.split("/")[1] for key in snapshots_of(entry)}


def _place_of(url: str, name: str) -> list[str]:
    if name:
        return ["submissions", *name.split("_")[2:]]
    return unquote(urlsplit(url).path).split("/")[-3:]
