"""docs/api.md says what the API does: routes, parameters, fields, codes and states are those of the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from local.api_reference import __main__ as command
from local.api_reference.fields import DOCUMENTS, all_fields
from local.api_reference.meanings import PARAMETERS, REASONS, ROUTES, STATES
from local.api_reference.page import PAGE, TABLES, with_tables
from local.api_reference.shapes import Field
from shared.domain.audit import AuditRecord
from shared.domain.consent import Consent
from shared.domain.control_rows import Document
from shared.domain.erasure import Erasure, Remains
from shared.domain.exports import Export
from shared.domain.health import Health
from shared.domain.job import Job, Reason
from shared.domain.markers import Announced
from shared.domain.photo_access import LearntAccess, Way
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import Verdict
from shared.domain.portrait_reasons import CHINESE as CHINESE_OF_ORDERS
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.portrait_styles import Wanted
from shared.domain.portrait_work import with_wanted
from shared.domain.portraits import OrderState, Picture
from shared.domain.reason import NO_USABLE_PHOTO
from shared.domain.reasons import CHINESE_REASONS, IGNORED
from shared.domain.remedies import REFUSALS
from shared.domain.remedies_of_our_own import OUR_OWN
from shared.domain.remedies_of_services import CODES, OF_SERVICES
from shared.domain.result_keys import portrait_key
from shared.domain.retry_state import Cause
from shared.domain.share_links import row_of, with_link, with_revoked
from shared.domain.slot import Pause, Slot
from shared.domain.spending import Spending
from shared.domain.states import JobState
from shared.domain.totals import Totals
from shared.domain.trouble_kinds import Api as Service
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import Unread
from shared.http_api import routes
from shared.http_api.limits import DEFAULT_LIMIT, MAX_LIMIT
from shared.http_api.outcomes import OUTCOMES
from shared.http_api.parameters import PAGE_PARAMETERS
from shared.http_api.problem_catalogue import PROBLEMS
from shared.http_api.waiting_words import SENTENCES
from tests.unit.http_api.support import ADMIN_TOKEN, Api, FakeAudit, document, modelled, trouble
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, job_in, photo

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PLAIN_TYPES = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
TEXT = PAGE.read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table in the section or subsection called ``heading``."""
    section = re.split(rf"^#+ {re.escape(heading)}$", TEXT, flags=re.MULTILINE)[1]
    section = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names(heading: str) -> list[str]:
    return [cells[0].strip("`") for cells in rows(heading)]


# -- the page -------------------------------------------------------------------------------------


def test_the_page_is_the_one_that_the_code_makes() -> None:
    assert with_tables(TEXT) == TEXT, "run python -m local.api_reference"
    assert set(re.findall(r"<!-- table: (\w+) -->", TEXT)) == set(TABLES)


def test_the_command_writes_the_page(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "api.md"
    page.write_text("before\n<!-- table: verdicts -->\nstale\n<!-- end -->\nafter\n", encoding="utf-8")
    monkeypatch.setattr(command, "PAGE", page)
    assert command.main() == 0
    text = page.read_text(encoding="utf-8")
    assert "`usable`" in text
    assert "stale" not in text
    assert (text.startswith("before\n"), text.endswith("after\n")) == (True, True)


def test_every_link_of_the_page_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    for file, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", TEXT):
        if file:
            assert (PAGE.parent / file).is_file(), file
        else:
            assert anchor in headings, anchor


def test_every_route_parameter_state_code_and_verdict_stands_on_the_page_and_no_other() -> None:
    assert names("Routes") == [f"{route.method} {route.path}" for route in routes.ROUTES] == list(ROUTES)
    assert names("Parameters of `GET /jobs`") == [one.name for one in PAGE_PARAMETERS]
    assert names("States") == [state.value for state in STATES] == [state.value for state in JobState]
    assert names("Waiting for") == list(SENTENCES)
    assert names("Ignored") == list(IGNORED)
    assert names("Outcomes") == list(OUTCOMES)
    assert set(names("Reasons")) == {*CHINESE_REASONS, NO_USABLE_PHOTO, "training_failed"} == set(REASONS)
    assert set(names("Reasons of orders")) == set(CHINESE_OF_ORDERS)
    assert set(names("Problems")) == set(PROBLEMS)
    assert re.findall(r"`(\w+)`", TABLES["verdicts"]()) == [verdict.value for verdict in Verdict]


def test_every_name_of_what_blocks_and_every_code_of_a_service_stands_on_the_page() -> None:
    named = [re.findall(r"^\| `(\w+)` ", TABLES[name](), re.MULTILINE) for name in ("our_own", "refusals")]
    assert named == [list(OUR_OWN), [name for name, _ in REFUSALS.values()]]
    of_services = TABLES["of_services"]()
    assert [name for name in OF_SERVICES if f"\n| `{name}` " not in of_services] == []
    codes = [code for service in CODES.values() for coded in service for code in coded.codes]
    assert [code for code in codes if f"`{code}`" not in of_services] == []


def test_the_limits_of_a_page_are_those_of_the_code() -> None:
    limit = next(one for one in PARAMETERS if one.name == "limit")
    assert (limit.values, limit.default) == (f"1 to {MAX_LIMIT}", str(DEFAULT_LIMIT))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_of_a_document_stands_in_its_table(name: str) -> None:
    assert names(name) == [field.name for field in DOCUMENTS[name].fields]


# -- the fields, and the documents that the API answers with --------------------------------------------


def jobs_of_all_kinds() -> Iterator[Job]:
    files = [
        photo("a.jpg"),
        photo("old.jpg", from_revision=1),
        photo("two.jpg", overruled="several_faces"),
        photo("b.zip/c.gif", Verdict.LINK, archive="b.zip"),
        photo("b.zip", Verdict.UNPACKING),
        photo("held.jpg", Verdict.UNCHECKED, retry=trouble(tries=3, api=Service.FACE_CHECK)),
    ]
    yield collecting(*files)
    yield job_in(JobState.TRAINING, retry=trouble(tries=3, since=0))
    yield (unmarked := collecting(photo()))
    for announced in (Announced(photos=2), Announced(names=("b.jpg",))):
        yield unmarked.with_photo_set(unmarked.photo_set.with_marker(NOW, NOW, announced), RULES, NOW)
    for state in JobState:
        yield job_in(state)
    yield job_in(JobState.SUCCEEDED, finetuned_output="model", ended_at=NOW, usage=1)
    yield job_in(JobState.SUCCEEDED, finetuned_output="model", model_released_at=NOW)
    yield job_in(JobState.FAILED, ended_at=NOW, reason=Reason("InternalError", "…"))
    gone = job_in(JobState.FAILED, delivered=True, snapshots_removed_at=NOW, photos_removed_at=NOW)
    yield replace(gone, retry=trouble())


def answers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Documents of every kind, by their names."""
    closed = Slot(halted_until=NOW + MINUTE_MS, trouble=Reason("Arrearage", "…"), kept=3)
    paused = Slot(paused=Pause("moving house", "admin", NOW))
    busy = Slot(halted_until=NOW + MINUTE_MS, trouble=Reason("Throttling", "…"))
    for job in jobs_of_all_kinds():
        for slot, passed in ((Slot(), 0), (closed, 0), (busy, 0), (paused, 0), (Slot(), 60 * MINUTE_MS)):
            api = Api(job)
            api.held, api.now = slot, NOW + passed
            yield "Person", document(api.call("/people/li"))
            yield "Job", document(api.call(f"/jobs/{job.job_id}"))
    yield from answers_about_the_deployment()
    yield from answers_to_administrators()
    yield from answers_about_many()
    yield from answers_about_messages()
    yield from answers_about_links_and_uploads()
    yield from answers_about_consent()
    yield from answers_about_erasures()
    yield from answers_about_exports()
    yield from answers_about_portraits()
    two = Api(job_in(JobState.QUEUED), job_in(JobState.QUEUED, revision=2))
    yield "Page", document(two.call("/jobs"))
    yield "Page", document(two.call("/jobs", {"limit": "1"}))
    older, newer = job_in(JobState.SUCCEEDED), job_in(JobState.SUCCEEDED, revision=2)
    torn = Api(newer, older)
    torn.jobs.unread[older.job_id] = Unread(older.job_id, "unreadable_row", "…")
    yield "Page", document(torn.call("/jobs"))
    yield "Person", document(torn.call("/people/li"))
    yield "Health", document(two.call("/healthz"))
    yield "Problem", document(two.call("/nowhere"))


def answers_about_the_deployment() -> Iterator[tuple[str, dict[str, Any]]]:
    unread = Api(job_in(JobState.QUEUED))
    name = unread.jobs.jobs[0].job_id
    unread.jobs.unread[name] = Unread(name, "unreadable_row", "…")
    yield "Person", document(unread.call("/people/li"))
    yield "Unreadable", document(unread.call(f"/jobs/{name}"))
    api = Api()
    yield "Ready", document(api.call("/readyz"))
    yield "Ready", document(api.call("/readyz", token=None))
    learnt = LearntAccess(way=Way.FILE, door="oss.example", learnt_at=NOW)
    api.documents["photo_access"] = Document(value=learnt.as_value())
    yield "Ready", document(api.call("/readyz"))
    api.health = replace(api.health or Health(), gone_receivers={"webhook": NOW})
    yield "Ready", document(api.call("/readyz"))
    api.refuse(Service.LISTING, Cause("AccessDenied", "…", Kind.ACCOUNT, Service.LISTING), since=0)
    refusal = Cause("InDebt", "…", Kind.ACCOUNT, Service.WRITING)
    api.refuse(Service.WRITING, refusal, next_probe_at=NOW + MINUTE_MS)
    yield "Not ready", document(api.call("/readyz"))
    yield "Not ready", document(api.call("/readyz", token=None))
    entry = {"key": "x.jpg", "reason": "beside_the_folders", "at": NOW}
    api.documents["ignored"] = Document(value={"entries": [entry], "dropped": True})
    yield "Ignored uploads", document(api.call("/ignored"))


def answers_about_messages() -> Iterator[tuple[str, dict[str, Any]]]:
    job = job_in(JobState.QUEUED)
    api = Api(job)
    yield "Deliveries", document(api.call("/webhooks/deliveries"))
    tried = {"message_id": "msg_1", "kind": "training.queued", "receiver": "webhook", "at": NOW, "tries": 1}
    taken = {
        **tried,
        "job_id": job.job_id,
        "status": 204,
        "code": "",
        "next_try_at": 0,
        "outcome": "delivered",
    }
    failed = {
        **tried,
        "job_id": "",
        "status": 0,
        "code": "timed_out",
        "next_try_at": NOW,
        "outcome": "failed",
    }
    disabled = {"webhook": {"at": NOW, "code": "http_410", "endpoint": "0"}}
    value = {"tries": [taken, failed], "disabled": disabled}
    api.documents["messages"] = Document(value=value)
    yield "Deliveries", document(api.call("/webhooks/deliveries"))


def answers_about_many() -> Iterator[tuple[str, dict[str, Any]]]:
    waiting = job_in(JobState.QUEUED, "wu", closed_at=NOW, due_at=NOW, closed_first_at=NOW)
    posted = job_in(JobState.SUBMITTING, "zhao", submitted_at=NOW)
    running = job_in(
        JobState.TRAINING, "li", submitted_at=NOW, fine_tune_id="ft-1", fine_tune_status="RUNNING"
    )
    made = job_in(
        JobState.SUCCEEDED,
        "qian",
        fine_tune_id="ft-2",
        finetuned_output="m",
        ended_at=NOW,
        model_released_at=0,
    )
    gone = job_in(
        JobState.SUCCEEDED,
        "sun",
        fine_tune_id="ft-3",
        finetuned_output="n",
        ended_at=NOW,
        model_released_at=NOW,
    )
    failed = job_in(JobState.FAILED, "xu", ended_at=NOW, reason=Reason("InternalError", "…"))
    torn = job_in(JobState.QUEUED, "zz", closed_at=NOW, due_at=NOW, closed_first_at=NOW)
    api = Api(waiting, posted, running, made, gone, failed, torn)
    api.jobs.unread[torn.job_id] = Unread(torn.job_id, "unreadable_row", "…")
    yield "People", document(api.call("/people"))
    yield "People", document(api.call("/people", {"limit": "1"}))
    yield "Line", document(api.call("/queue"))
    yield "Line", document(Api().call("/queue"))
    yield "Models", document(api.call("/models"))
    yield "Models", document(api.call("/models", {"limit": "1"}))
    api.held = Slot(paused=Pause("moving house", "admin", NOW), kept=3)
    yield "Line", document(api.call("/queue"))
    yield "Models", document(api.call("/models"))
    yield "Overview", document(api.call("/"))
    yield "Costs", document(api.call("/costs"))
    api.rules = replace(RULES, max_fen_per_day=1, max_fen_per_person=1, max_fen_in_all=1)
    api.held = replace(api.held, spending=Spending().with_billed(1, 250, "2026-01-01"))
    yield "Costs", document(api.call("/costs"))
    ended = Totals().with_job(failed).with_job(replace(made, submitted_at=NOW - MINUTE_MS, usage=1))
    api.documents["totals"] = Document(value=ended.as_value(), version=1)
    yield "Overview", document(api.call("/"))
    yield "Line", document(api.call("/queue"))
    lived = collecting(photo())
    lived = lived.closed(ClosedBy.QUIET, NOW)
    yield "Events", document(Api(lived).call("/events", {"person": "li"}))


def answers_about_links_and_uploads() -> Iterator[tuple[str, dict[str, Any]]]:
    api = Api()
    put = api.call("/people/li/photos/a.gif", method="PUT", token=ADMIN_TOKEN, content=GIF)
    yield "Upload", document(put)
    made = document(api.call("/people/li/links", method="POST", token=ADMIN_TOKEN))
    yield "New link", made
    value = with_link({}, made["link_id"], NOW, NOW + 10**9)
    value = with_revoked(value, "0" * 16, NOW + 10**9, NOW)
    api.documents[row_of("li")] = Document(value=value, version=1)
    yield "Share links", document(api.call("/people/li/links", token=ADMIN_TOKEN))


def answers_about_consent() -> Iterator[tuple[str, dict[str, Any]]]:
    whole = Consent(
        etag="E",
        text_version="1",
        given_at=NOW,
        means="paper",
        until=NOW + 10**9,
        withdrawn_at=NOW - 1,
        noted_at=NOW,
    )
    for consent in (None, whole):
        api = Api(replace(collecting(photo()), consent=consent))
        api.rules = replace(RULES, consent_required=True)
        yield "Person", document(api.call("/people/li"))
    path, form = "/people/li/consent", {"Content-Type": "application/json"}
    for sent in ({"action": "withdraw"}, {"agree": "yes", "text_version": "1"}):
        content = json.dumps(sent)
        taken = api.call(path, method="POST", token=ADMIN_TOKEN, headers=form, content=content)
        yield "Consent taken", document(taken)
    ended = Totals().with_job(job_in(JobState.SUCCEEDED, ended_at=NOW))
    api.documents["totals"] = Document(value=ended.as_value(), version=1)
    yield "Processing record", document(api.call("/processing-record", token=ADMIN_TOKEN))


def answers_to_administrators() -> Iterator[tuple[str, dict[str, Any]]]:
    api = Api()
    accepted = document(api.call("/queue/probe", method="POST", token=ADMIN_TOKEN))
    yield "Accepted", accepted
    yield "Request", document(api.call(accepted["href"]))
    request = api.requests.rows[accepted["request_id"]]
    whole = replace(request, subject="li", photo="a.jpg", reason="…")
    api.requests.rows[request.request_id] = whole.settled("done: …", NOW)
    yield "Request", document(api.call(accepted["href"]))
    api.audit = FakeAudit()
    least = AuditRecord(record_id="1", at=NOW - 1, action="look", by="reader", function="status")
    told = replace(least, record_id="2", person=api.audit.hash_of("li"), revision=1, link="0" * 16)
    told = replace(told, pictures=1, outcome="canceled", done_at=NOW, traceparent="00-1-2-01")
    api.audit.records = [told, least]
    yield "Audit", document(api.call("/audit", token=ADMIN_TOKEN))
    yield "Audit", document(api.call("/audit", {"limit": "1", "person": "li"}, token=ADMIN_TOKEN))


def answers_about_erasures() -> Iterator[tuple[str, dict[str, Any]]]:
    api = Api()
    accepted = document(api.call("/people/li", method="DELETE", token=ADMIN_TOKEN))
    yield "Accepted", accepted
    yield "Erasure", document(api.call(accepted["href"], token=ADMIN_TOKEN))
    left = (Remains("fine_tunes", "ft-1", "UnsupportedOperation"), Remains("people/", "", "FileImmutable"))
    done = Erasure(erased_before=NOW, removed={"people/": 3}, remains=left, done_at=NOW)
    request = api.requests.rows[accepted["request_id"]]
    partly = replace(request, record=done.as_json(), due_at=NOW + 1)
    for one in (partly, partly.settled("erased_in_part", NOW)):
        api.requests.rows[request.request_id] = one
        yield "Erasure", document(api.call(accepted["href"], token=ADMIN_TOKEN))


def answers_about_portraits() -> Iterator[tuple[str, dict[str, Any]]]:
    """Of orders that wait, are tried again, and have ended, and of a model that is there and is not."""
    made = with_wanted(modelled(), [Wanted("f_idcard_male", 1)] * 3, NOW)
    waiting, held, done = made.portraits
    held = replace(
        held,
        submitted_at=NOW,
        reason=Reason("portraits_lost", "…"),
        retry=trouble(tries=3, api=Service.PORTRAITS),
    )
    picture = Picture(portrait_key("li", 1, 3, 1, "jpg"), 9)
    done = replace(
        done, state=OrderState.SUCCEEDED, ended_at=NOW, submitted_at=NOW, pictures=(picture,), billed=1
    )
    following = replace(waiting, number=4, wanted=Wanted("portrait_url_template", 1, "templates/a.jpg"))
    job = replace(made, portraits=(waiting, held, done, following))
    for jobs, rules in (((job,), True), ((job,), False), ((job_in(JobState.COLLECTING),), True)):
        api = Api(*jobs)
        api.rules = replace(RULES, portraits_allowed=rules)
        yield "Portraits", document(api.call("/people/li/portraits"))
        yield "Person", document(api.call("/people/li"))
    yield "Job", document(api.call(f"/jobs/{jobs[0].job_id}"))
    refused = PortraitSlot().refused(Reason("Arrearage", "…"), MINUTE_MS, NOW, longest_ms=MINUTE_MS)
    api.held = Slot(portraits=refused)
    yield "Ready", document(api.call("/readyz"))
    api.refuse(Service.LISTING, Cause("AccessDenied", "…", Kind.ACCOUNT, Service.LISTING))
    yield "Not ready", document(api.call("/readyz"))


def answers_about_exports() -> Iterator[tuple[str, dict[str, Any]]]:
    api = Api()
    begun = document(api.call("/people/li/export", token=ADMIN_TOKEN))
    yield "Export", begun
    request = api.requests.rows[begun["request_id"]]
    ready = Export(token="t", files=3, done=3, bytes=9, ready_at=NOW).as_json()
    api.requests.rows[request.request_id] = replace(request, record=ready)
    yield "Export", document(api.call("/people/li/export", token=ADMIN_TOKEN))


GIF = b"GIF89a" + bytes.fromhex("010001008000000000000000ffffff2c0000000001000100000202440100") + b";"

Seen = dict[tuple[str, str], set[bool]]
"""Per document and field: whether it has been seen as null, and as something else."""


def compare(name: str, value: dict[str, Any], seen: Seen) -> None:
    fields = all_fields(name)
    assert list(value) == [field.name for field in fields], name
    for field in fields:
        seen.setdefault((name, field.name), set()).add(value[field.name] is None)
        if value[field.name] is not None:
            compare_type(field, value[field.name], seen)


def compare_type(field: Field, value: Any, seen: Seen) -> None:
    if field.type.startswith("list of "):
        assert isinstance(value, list)
        for one in value:
            compare_type(field._replace(type=field.type.removeprefix("list of ")), one, seen)
    elif field.type in DOCUMENTS or " or " in field.type:
        kinds = field.type.split(" or ")
        fitting = (kind for kind in kinds if set(value) == {one.name for one in all_fields(kind)})
        compare(next(fitting, kinds[0]), value, seen)
    elif field.type == "time":
        assert TIME.fullmatch(value), field.name
    else:
        assert type(value) in PLAIN_TYPES[field.type], field.name


def test_every_document_has_the_fields_of_its_table_with_their_types_and_nulls() -> None:
    seen: Seen = {}
    for name, answer in answers():
        compare(name, answer, seen)
    for name in DOCUMENTS:
        for field in all_fields(name):
            nulls = seen[name, field.name]
            assert nulls == ({True, False} if field.null else {False}), f"{name}.{field.name}: {nulls}"
