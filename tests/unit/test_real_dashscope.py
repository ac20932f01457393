"""The real DashScope behind the local cloud: whose key goes where, what is paid, and who says so."""

from __future__ import annotations

import io
import json
import os
import pty
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import requests.adapters
import urllib3.exceptions

from aliyun_local.serving.wire import Admission, Headers, Request, Response
from local.__main__ import main
from local.options import PORT_NAMES, REAL_DATA, OptionError, Options, read_options
from local.real_dashscope.account import DEFAULT_URL, RealAccount, RealAccountError, read_real_account
from local.real_dashscope.bill import Bill
from local.real_dashscope.calls import Call, call_of, files_of, subject_of
from local.real_dashscope.cashier import Cashier
from local.real_dashscope.counter import Counter
from local.real_dashscope.desk import Desk
from local.real_dashscope.forwarder import MOST_BODY_BYTES, Forwarder
from local.real_dashscope.product import Product
from local.real_dashscope.purse import Held, Order, Purse
from local.stack import Stack
from shared.clients.answers import trouble_for
from shared.domain.error_kinds import is_refusal
from shared.domain.money import LIST_PRICE_FEN
from shared.domain.trouble_kinds import Api, Kind, Service
from shared.errors import RetryLater

KEY = "sk-the-real-key-0123456789abcdef"
GIVEN = {"LOCAL_DASHSCOPE": "real", "DASHSCOPE_API_KEY": KEY}
ACCOUNT = RealAccount(api_key=KEY)
JOB = f"{'ab12' * 5}-1"
TRAINING = json.dumps({"model": "facechain-finetune", "training_file_ids": ["f-1", "f-2"]}).encode()
STORED = {"file_id": "f-1", "name": f"fat0123456789_train_{JOB}_feed.jpg"}
MADE = {"request_id": "r", "output": {"job_id": "ft-1", "status": "PENDING"}}


# -- the account ------------------------------------------------------------------------------------


def test_a_key_alone_never_means_the_real_account() -> None:
    assert read_real_account({"DASHSCOPE_API_KEY": KEY, "DASHSCOPE_HTTP_BASE_URL": DEFAULT_URL}) is None
    assert read_options({"DASHSCOPE_API_KEY": KEY}, Options()).real is None


def test_the_account_that_is_asked_for_has_key_address_and_limit() -> None:
    assert read_real_account(GIVEN) == RealAccount(api_key=KEY, base_url=DEFAULT_URL, limit_fen=None)
    workspace = "https://ws.cn-beijing.maas.aliyuncs.com/api/v1"
    given = {**GIVEN, "DASHSCOPE_HTTP_BASE_URL": f"{workspace}/", "PAY_UP_TO": "7.5"}
    assert read_real_account(given) == RealAccount(api_key=KEY, base_url=workspace, limit_fen=750)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"LOCAL_DASHSCOPE": "yes"}, "must be local"),
        ({"DASHSCOPE_API_KEY": ""}, "needs the account's key"),
        ({"DASHSCOPE_API_KEY": ACCOUNT.local_key}, "a key of this machine"),
        ({"DASHSCOPE_API_KEY": "sk- x"}, "characters that no API key has"),
        ({"DASHSCOPE_HTTP_BASE_URL": "https://127.0.0.1:9030/api/v1"}, "leads to this machine"),
        ({"DASHSCOPE_HTTP_BASE_URL": "http://dashscope.aliyuncs.com/api/v1"}, "must be an https URL"),
        ({"DASHSCOPE_HTTP_BASE_URL": "https://u:p@dashscope.aliyuncs.com/api/v1"}, "must be an https URL"),
        ({"DASHSCOPE_HTTP_BASE_URL": "https://dashscope.aliyuncs.com"}, "must be an https URL"),
        ({"PAY_UP_TO": "-1"}, "must be an amount in CNY"),
        ({"PAY_UP_TO": "2.505"}, "must be an amount in CNY"),
    ],
)
def test_an_account_that_cannot_be_meant_is_refused_with_what_to_set(
    changes: dict[str, str], words: str
) -> None:
    with pytest.raises(RealAccountError, match=words) as refused:
        read_real_account({**GIVEN, **changes})
    assert KEY not in str(refused.value)
    with pytest.raises(OptionError, match=words):
        read_options({**GIVEN, **changes}, Options())


def test_the_functions_key_follows_from_the_real_one_and_does_not_show_it() -> None:
    other = RealAccount(api_key=f"{KEY}x")
    assert ACCOUNT.local_key == RealAccount(api_key=KEY).local_key != other.local_key
    assert KEY not in ACCOUNT.local_key
    assert KEY not in repr(ACCOUNT)
    assert KEY not in repr(read_options(GIVEN, Options()))


def test_real_trainings_have_a_data_folder_of_their_own() -> None:
    assert read_options(GIVEN, Options()).data == REAL_DATA != Options().data
    assert read_options({**GIVEN, "LOCAL_DATA": "mine"}, Options()).data == Path("mine")


def test_urls_of_this_machine_are_refused_as_the_way_of_photos() -> None:
    with pytest.raises(OptionError, match="cannot download from this machine"):
        read_options({**GIVEN, "PHOTO_ACCESS": "url"}, Options())


def test_the_demo_never_trains_for_money(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    assert main(["demo"]) == 2
    assert "the demo never trains for money" in capsys.readouterr().err


# -- the calls --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("POST", "/api/v1/fine-tunes", Call.TRAINING),
        ("GET", "/api/v1/fine-tunes", Call.FREE),
        ("GET", "/api/v1/fine-tunes/ft-1", Call.LOOK),
        ("POST", "/api/v1/fine-tunes/ft-1/cancel", Call.FREE),
        ("POST", "/api/v1/files", Call.FREE),
        ("POST", "/api/v1/services/vision/facedetection/detect", Call.FREE),
        ("POST", "/api/v1/services/aigc/album/gen_potrait", Call.REFUSED),
        ("POST", "/api/v1/fine-tunes/", Call.REFUSED),
        ("POST", "/api/v1//fine-tunes", Call.REFUSED),
        ("GET", "/api/v1/files/..", Call.REFUSED),
        ("GET", "/api/v1/files/%2e%2E", Call.REFUSED),
        ("GET", "/api/v1/files/a%2Fb", Call.REFUSED),
        ("DELETE", "/api/v1/deployments/x", Call.REFUSED),
        ("POST", "/fine-tunes", Call.REFUSED),
    ],
)
def test_only_what_the_product_calls_is_passed_on(method: str, path: str, call: Call) -> None:
    assert call_of(method, path) is call


def test_a_training_is_of_our_model_and_is_known_by_the_job_in_its_files_names() -> None:
    files = files_of(TRAINING)
    assert files == ["f-1", "f-2"]
    assert files_of(TRAINING.replace(b"facechain", b"other")) is None
    assert files_of(b"[" * 10_000) is None
    assert subject_of(files, [STORED["name"]]).job_id == JOB
    assert subject_of(files, []) == subject_of(["f-2", "f-1"], [])
    assert subject_of(files, []).job_id == ""


# -- the purse --------------------------------------------------------------------------------------

LIN = subject_of(["f-1", "f-2"], [STORED["name"]])
MARIA = subject_of(["f-3"], [])


def purse_with(limit_fen: int | None = None, *, asks: bool = True) -> Purse:
    return Purse(price_fen=LIST_PRICE_FEN, limit_fen=limit_fen, asks=asks)


def test_a_training_is_held_until_it_is_allowed_and_a_yes_pays_once() -> None:
    purse = purse_with()
    assert isinstance(purse.order(LIN), Held)
    assert purse.question() == LIN
    purse.allow(LIN)
    assert purse.question() is None
    assert isinstance(purse.order(LIN), Order)
    assert isinstance(purse.order(LIN), Held)
    assert (purse.orders, purse.ordered_fen) == (1, 250)


def test_a_no_is_not_asked_again_and_a_later_yes_counts() -> None:
    purse = purse_with()
    purse.order(LIN)
    purse.decline(LIN)
    held = purse.order(LIN)
    assert isinstance(held, Held)
    assert "declined" in held.reason
    assert purse.question() is None
    purse.allow(LIN)
    assert isinstance(purse.order(LIN), Order)


def test_nothing_is_paid_beyond_the_limit_whoever_says_yes() -> None:
    purse = purse_with(499)
    purse.order(LIN)
    purse.allow(LIN)
    assert isinstance(purse.order(LIN), Order)
    purse.allow(LIN)
    purse.allow_all(10_000)
    held = purse.order(LIN)
    assert isinstance(held, Held)
    assert "a higher PAY_UP_TO" in held.reason
    assert purse.is_used_up
    assert purse.question() is None


def test_without_somebody_to_ask_the_limit_decides() -> None:
    assert isinstance(purse_with(asks=False).order(LIN), Held)
    purse = purse_with(500, asks=False)
    assert [isinstance(purse.order(one), Order) for one in (LIN, MARIA, LIN)] == [True, True, False]
    assert purse.question() is None


@pytest.mark.parametrize("declined", [False, True])
@pytest.mark.parametrize("limit", [None, 100])
@pytest.mark.parametrize("asks", [False, True])
def test_what_a_held_training_is_told_is_a_refusal_that_passes(
    asks: bool, limit: int | None, declined: bool
) -> None:
    purse = purse_with(limit, asks=asks)
    if declined:
        purse.decline(LIN)
    held = purse.order(LIN)
    assert isinstance(held, Held)
    told = Service.DASHSCOPE, Api.TRAINING, 429, "Throttling.RateQuota", held.reason
    assert is_refusal(*told)
    trouble = trouble_for(*told)
    assert isinstance(trouble, RetryLater)
    assert trouble.kind is Kind.PASSING
    assert trouble.delay_seconds <= 60
    assert trouble.message == held.reason


# -- the bill ---------------------------------------------------------------------------------------


def look(name: str, status: str, **more: object) -> bytes:
    return json.dumps({"output": {"job_id": name, "status": status, **more}}).encode()


def test_the_bill_counts_a_training_once_and_by_its_usage() -> None:
    bill = Bill(LIST_PRICE_FEN)
    for answer in (
        look("ft-1", "RUNNING"),
        look("ft-1", "SUCCEEDED", usage=1),
        look("ft-1", "SUCCEEDED", usage=1),
        look("ft-2", "SUCCEEDED"),
        look("ft-3", "FAILED"),
        look("ft-4", "CANCELED", usage=1),
        look("ft-5", "SUCCEEDED", usage=True),
        b"not JSON",
        b"[]",
    ):
        bill.note(answer)
    assert [(item.fine_tune_id, item.paid_fen) for item in bill.items] == [
        ("ft-1", 250),
        ("ft-2", 250),
        ("ft-3", 0),
        ("ft-4", 250),
        ("ft-5", 250),
    ]
    assert bill.paid_fen == 1000


# -- the forwarder ----------------------------------------------------------------------------------

Upstream = Callable[[requests.PreparedRequest], requests.Response]


def reply(status: int, body: object, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers.update({"Content-Type": "application/json", **headers})
    made.raw = io.BytesIO(json.dumps(body).encode())
    return made


class FakeUpstream(requests.adapters.BaseAdapter):
    """Stands for the real DashScope, in memory."""

    def __init__(self, answer: Upstream) -> None:
        super().__init__()
        self.answer = answer
        self.got: list[requests.PreparedRequest] = []
        self.options: list[dict[str, object]] = []

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:  # type: ignore[override]
        self.got.append(request)
        self.options.append(options)
        answer = self.answer(request)
        answer.request, answer.url = request, str(request.url)
        return answer

    def close(self) -> None:
        pass

    def session(self) -> requests.Session:
        made = requests.Session()
        made.mount("https://", self)
        return made


class Bench:
    """A forwarder with its purse and bill, before a fake DashScope."""

    def __init__(self, answer: Upstream, purse: Purse | None = None) -> None:
        self.upstream = FakeUpstream(answer)
        self.purse = purse or purse_with(10_000, asks=False)
        self.bill = Bill(LIST_PRICE_FEN)
        self.forwarder = Forwarder(ACCOUNT, self.purse, self.bill, new_session=self.upstream.session)

    def call(
        self, method: str, path: str, body: bytes = b"", *, key: str = ACCOUNT.local_key, **more: object
    ) -> Response:
        headers = Headers({"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
        request = Request(method=method, host="x", raw_path=f"/api/v1{path}", headers=headers, body=body)
        return self.forwarder.answer(request if not more else Request(**{**vars(request), **more}))

    def train(self) -> Response:
        return self.call("POST", "/fine-tunes", TRAINING)


@pytest.fixture
def bench_of() -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(answer: Upstream, purse: Purse | None = None) -> Bench:
        made.append(Bench(answer, purse))
        return made[-1]

    yield make
    for one in made:
        one.forwarder.close()


BenchOf = Callable[..., Bench]


def test_a_call_goes_out_with_the_real_key_as_it_came_and_never_to_another_place(bench_of: BenchOf) -> None:
    bench = bench_of(lambda _: reply(302, {}, Location="https://elsewhere.example/"))
    answer = bench.call("GET", "/files", raw_query="page_no=1&page_size=100")
    (sent,) = bench.upstream.got
    assert sent.url == f"{DEFAULT_URL}/files?page_no=1&page_size=100"
    assert sent.headers["Authorization"] == f"Bearer {KEY}"
    assert bench.upstream.options[0]["timeout"] == (5, 30)
    assert bench.upstream.options[0]["verify"]
    assert answer.status == 302
    assert list(answer.headers) == ["Content-Type"]


@pytest.mark.parametrize("key", ["", KEY, "sk-another"])
def test_the_forwarder_takes_its_own_key_alone(bench_of: BenchOf, key: str) -> None:
    bench = bench_of(lambda _: reply(200, MADE))
    answer = bench.call("POST", "/fine-tunes", TRAINING, key=key)
    assert answer.status == 401
    assert json.loads(answer.body)["code"] == "InvalidApiKey"
    assert bench.upstream.got == []


def test_calls_that_the_product_does_not_make_are_refused_here(bench_of: BenchOf) -> None:
    bench = bench_of(lambda _: reply(200, {}))
    portraits = bench.call("POST", "/services/aigc/album/gen_potrait", b"{}")
    other = bench.call("POST", "/fine-tunes", TRAINING.replace(b"facechain-", b"qwen-"))
    assert [json.loads(answer.body)["code"] for answer in (portraits, other)] == ["AccessDenied"] * 2
    assert [portraits.status, other.status] == [403, 403]
    assert bench.upstream.got == []
    assert bench.purse.orders == 0


def test_large_bodies_come_in_for_known_callers_only(bench_of: BenchOf) -> None:
    bench = bench_of(lambda _: reply(200, {}))
    assert bench.call("POST", "/files", expects_body=True).admission == Admission(most_bytes=MOST_BODY_BYTES)
    assert bench.call("POST", "/files", expects_body=True, key="no").admission is None
    assert bench.call("POST", "/other", expects_body=True).admission is None
    assert bench.upstream.got == []


def test_a_training_that_is_not_allowed_is_not_sent_and_one_that_is_goes_out_once(bench_of: BenchOf) -> None:
    bench = bench_of(lambda _: reply(200, MADE), purse_with())
    held = bench.train()
    assert held.status == 429
    assert json.loads(held.body)["code"] == "Throttling.RateQuota"
    assert "answer in the terminal" in json.loads(held.body)["message"]
    assert bench.upstream.got == []
    subject = bench.purse.question()
    assert subject is not None
    bench.purse.allow(subject)
    assert bench.train().status == 200
    assert bench.upstream.got[0].body == TRAINING
    assert bench.train().status == 429
    assert len(bench.upstream.got) == 1


def lost(_: requests.PreparedRequest) -> requests.Response:
    raise requests.ReadTimeout("no answer")


def test_a_lost_answer_is_lost_to_the_functions_too_and_its_money_stays_ordered(bench_of: BenchOf) -> None:
    bench = bench_of(lost)
    assert bench.train().dropped
    assert len(bench.upstream.got) == 1
    assert bench.purse.ordered_fen == 250
    assert bench.call("GET", "/fine-tunes").dropped


def test_a_connection_that_breaks_within_tls_counts_as_lost(bench_of: BenchOf) -> None:
    def broken(_: requests.PreparedRequest) -> requests.Response:
        raise requests.exceptions.SSLError(ssl.SSLError("bad record mac"))

    bench = bench_of(broken)
    assert bench.train().dropped
    assert bench.purse.orders == 1


@pytest.mark.parametrize(
    "problem",
    [
        requests.ConnectTimeout("slow"),
        requests.ConnectionError(
            urllib3.exceptions.MaxRetryError(
                None,  # type: ignore[arg-type]
                "/",
                urllib3.exceptions.NewConnectionError(None, "refused"),  # type: ignore[arg-type]
            )
        ),
        requests.exceptions.SSLError(
            urllib3.exceptions.MaxRetryError(
                None,  # type: ignore[arg-type]
                "/",
                urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")),
            )
        ),
    ],
    ids=["no connection in time", "no connection", "another's certificate"],
)
def test_what_was_never_sent_costs_nothing_and_is_tried_again(
    bench_of: BenchOf, problem: requests.RequestException
) -> None:
    def unreachable(_: requests.PreparedRequest) -> requests.Response:
        raise problem

    bench = bench_of(unreachable)
    answer = bench.train()
    assert answer.status == 429
    assert "could not be reached" in json.loads(answer.body)["message"]
    assert bench.purse.orders == 0


@pytest.mark.parametrize(
    ("status", "code", "ordered"),
    [
        (401, "InvalidApiKey", 0),
        (403, "AccessDenied", 0),
        (429, "Throttling.RateQuota", 0),
        (400, "Arrearage", 0),
        (500, "InternalError", 1),
        (400, "NeverHeardOf", 1),
        (200, "InternalError", 1),
    ],
)
def test_only_a_certain_refusal_returns_the_money_and_the_permission(
    bench_of: BenchOf, status: int, code: str, ordered: int
) -> None:
    purse = purse_with()
    bench = bench_of(lambda _: reply(status, {"code": code, "message": "no"}), purse)
    bench.train()
    subject = purse.question()
    assert subject is not None
    purse.allow(subject)
    answer = bench.train()
    assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
    assert purse.orders == ordered
    assert isinstance(purse.order(subject), Held if ordered else Order)


def test_the_forwarder_knows_jobs_by_the_names_of_stored_files_and_bills_what_it_sees_end(
    bench_of: BenchOf,
) -> None:
    answers = {
        "/files": {"data": {"uploaded_files": [STORED]}},
        "/fine-tunes": MADE,
        "/fine-tunes/ft-1": {"output": {"job_id": "ft-1", "status": "SUCCEEDED", "usage": 1}},
    }
    bench = bench_of(lambda sent: reply(200, answers[str(sent.path_url).removeprefix("/api/v1")]))
    bench.call("POST", "/files", b"photo")
    bench.train()
    bench.call("GET", "/fine-tunes/ft-1")
    made = bench.forwarder.notes.subject_of("ft-1")
    assert made is not None
    assert (made.job_id, made.photos) == (JOB, 2)
    assert bench.bill.paid_fen == 250


# -- the terminal -----------------------------------------------------------------------------------


class Typist:
    """A terminal with somebody at it, who types lines once the question is shown."""

    def __init__(self, *lines: str) -> None:
        self.shown: list[str] = []
        self._lines = list(lines)
        self._ours, self._theirs = pty.openpty()
        self.counter = Counter(self._show, self._theirs)

    def _show(self, text: str) -> None:
        self.shown.append(text)
        if self._lines and ("[y]" in text or "such as 25?" in text or "Please type" in text):
            self.type(self._lines.pop(0))

    def type(self, line: str) -> None:
        os.write(self._ours, f"{line}\n".encode())

    def close(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)


@pytest.fixture
def typing() -> Iterator[Callable[..., Typist]]:
    made: list[Typist] = []

    def make(*lines: str) -> Typist:
        made.append(Typist(*lines))
        return made[-1]

    yield make
    for one in made:
        one.close()


TypistOf = Callable[..., Typist]


def test_the_question_says_who_how_many_photos_and_what_it_costs(typing: TypistOf) -> None:
    typist, purse = typing("y"), purse_with()
    purse.order(LIN)
    tries: list[str] = []
    Cashier(
        purse, typist.counter, {JOB: "王芳\x1b[2J"}.__getitem__, on_allowed=lambda: tries.append("now")
    ).turn()
    assert tries == ["now"]
    assert "王芳?[2J, 2 photos: 2.50 CNY by list price." in typist.shown[0]
    assert "50 are free within 90 days" in typist.shown[0]
    assert isinstance(purse.order(LIN), Order)


def test_what_was_typed_before_the_question_is_no_consent(typing: TypistOf) -> None:
    typist, purse = typing("n"), purse_with()
    purse.order(LIN)
    typist.type("y")
    Cashier(purse, typist.counter, str).turn()
    assert isinstance(purse.order(LIN), Held)


def test_a_no_keeps_the_set_waiting_until_a_later_yes(typing: TypistOf) -> None:
    typist, purse = typing("n"), purse_with()
    purse.order(LIN)
    cashier = Cashier(purse, typist.counter, str)
    cashier.turn()
    assert isinstance(purse.order(LIN), Held)
    typist.type("y")
    cashier.turn()
    assert isinstance(purse.order(LIN), Order)


@pytest.mark.parametrize("lines", [("a", "5"), ("a 5",), ("what?", "a 1", "a 5")])
def test_all_of_a_run_is_allowed_up_to_an_amount(typing: TypistOf, lines: tuple[str, ...]) -> None:
    typist, purse = typing(*lines), purse_with()
    purse.order(LIN)
    Cashier(purse, typist.counter, str).turn()
    assert [isinstance(purse.order(one), Order) for one in (LIN, MARIA, LIN)] == [True, True, False]


def test_no_answer_allows_more_than_the_limit_of_the_run(typing: TypistOf) -> None:
    typist, purse = typing("a 30", "n"), purse_with(500)
    purse.order(LIN)
    Cashier(purse, typist.counter, str).turn()
    assert any("PAY_UP_TO allows 5.00 CNY" in text for text in typist.shown)
    assert isinstance(purse.order(LIN), Held)


def test_what_happens_meanwhile_is_said_after_the_question(typing: TypistOf) -> None:
    typist = typing()
    with typist.counter.held():
        typist.counter.say("news")
        typist.counter.show("question")
    assert typist.shown == ["question", "news"]


# -- the desk and the stack -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asks", "limit", "words"),
    [
        (True, None, "Each payment is asked for here first."),
        (True, 500, "asked for here first; PAY_UP_TO allows 5.00 CNY in this run."),
        (False, 500, "Nobody is asked; PAY_UP_TO allows 5.00 CNY in this run."),
        (False, None, "nothing is paid: set PAY_UP_TO=<CNY>."),
    ],
)
def test_the_start_says_that_it_costs_and_who_decides(asks: bool, limit: int | None, words: str) -> None:
    desk = Desk(RealAccount(api_key=KEY, limit_fen=limit), asks=asks)
    desk.forwarder.close()
    assert words in desk.welcome()
    assert "Trainings are REAL" in desk.welcome()
    assert KEY not in desk.welcome()


def test_what_was_paid_is_told_for_each_training_and_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(RealAccount(api_key=KEY, limit_fen=500), asks=False)
    desk.forwarder.close()
    product = Product("http://127.0.0.1:9", "status", "administration")
    monkeypatch.setattr(product, "name_of", {JOB: "lin"}.__getitem__)
    desk.asking(product)
    desk.purse.order(LIN)
    desk.purse.order(MARIA)
    desk.forwarder.notes.note_training(json.dumps(MADE).encode(), LIN)
    desk.bill.note(look("ft-1", "SUCCEEDED", usage=1))
    desk.bill.note(look("ft-0", "FAILED"))
    assert desk.news() == [
        "paid 2.50 CNY: lin (ft-1 SUCCEEDED); in this run 2.50 CNY",
        "paid 0.00 CNY: a training of an earlier run (ft-0 FAILED); in this run 2.50 CNY",
    ]
    assert desk.news() == []
    assert desk.total() == (
        "Paid in this run: 2.50 CNY by list price, for 2 trainings that ended."
        " 1 more ordered, up to 2.50 CNY, not seen to end; the next run follows them."
    )


def test_the_functions_know_the_forwarder_and_its_key_and_store_files(tmp_path: Path) -> None:
    desk = Desk(ACCOUNT, asks=False)
    options = Options(data=tmp_path, ports=dict.fromkeys(PORT_NAMES, 0), real=ACCOUNT)
    with Stack(options, forwarder=desk.forwarder) as stack:
        endpoints = stack.endpoints
        assert endpoints["DASHSCOPE_HTTP_BASE_URL"] == f"{desk.forwarder.url}/api/v1"
        assert endpoints["DASHSCOPE_API_KEY"] == ACCOUNT.local_key
        told = [function.environment for function in stack.resources.functions.values()]
        of_dashscope = [one for one in told if "DASHSCOPE_API_KEY" in one]
        assert len(of_dashscope) == 2
        for one in of_dashscope:
            assert one["DASHSCOPE_API_KEY"] == ACCOUNT.local_key
            assert one["DASHSCOPE_HTTP_BASE_URL"] == f"{desk.forwarder.url}/api/v1"
            assert one["PHOTO_ACCESS"] == "file"
        assert KEY not in repr([endpoints, told, dict(stack.parameters)])
    desk.forwarder.close()
