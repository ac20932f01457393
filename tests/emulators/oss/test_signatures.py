"""Signatures of versions 1 and 4, in headers and URLs, by long-lived and temporary keys."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import oss2
import pytest
import requests

from aliyun_local.clock import ManualClock
from aliyun_local.credentials import AccessKeys, InvalidSecurityToken, SecurityTokenExpired, UnknownAccessKey
from aliyun_local.oss.state.models import ObjectStore
from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.signing import CREDENTIAL, START, v1_signature, v4_signature, v4_string_to_sign
from tests.emulators.oss.support import BUCKET, KEY_ID, REGION, SECRET, Ask, LocalOss


def _auths(local_oss: LocalOss) -> dict[str, object]:
    sts = local_oss.keys.issue_sts(900)
    temporary = (sts.access_key_id, sts.access_key_secret, sts.security_token)
    provider = oss2.credentials.StaticCredentialsProvider(*temporary)
    return {
        "v1": oss2.Auth(KEY_ID, SECRET),
        "v4": oss2.AuthV4(KEY_ID, SECRET),
        "v1 sts": oss2.StsAuth(*temporary),
        "v4 sts": oss2.StsAuth(*temporary, auth_version=oss2.AUTH_VERSION_4),
        "v4 provider": oss2.ProviderAuthV4(provider),
    }


@pytest.mark.parametrize("kind", ["v1", "v4", "v1 sts", "v4 sts", "v4 provider"])
def test_every_way_to_sign_is_understood_in_headers_and_urls(
    local_oss: LocalOss, clients: Oss2Clients, kind: str
) -> None:
    bucket = clients.bucket(BUCKET, _auths(local_oss)[kind])
    key = "people/张三/a b+c&=%~*'().jpg"
    bucket.put_object(key, b"x", headers={"x-oss-meta-a": "spaced  out"})
    assert [found.key for found in oss2.ObjectIteratorV2(bucket, prefix="people/张三/a b+")] == [key]
    for slash_safe in (False, True):
        url = bucket.sign_url("GET", key, 60, slash_safe=slash_safe)
        assert requests.get(url, timeout=10).content == b"x"
        assert requests.head(url, timeout=10).status_code == 403
        assert requests.get(url + "&x-oss-process=image/info", timeout=10).status_code == 403
    url = bucket.sign_url("PUT", "put", 60, headers={"Content-Type": "image/png"})
    assert requests.put(url, b"y", headers={"Content-Type": "image/jpeg"}, timeout=10).status_code == 403
    assert requests.put(url, b"y", headers={"Content-Type": "image/png"}, timeout=10).status_code == 200
    url = bucket.sign_url("GET", key, 60, params={"response-content-type": "text/a b"})
    assert requests.get(url, timeout=10).headers["Content-Type"] == "text/a b"


@pytest.mark.parametrize("make", [oss2.Auth, oss2.AuthV4])
def test_a_wrong_secret_and_an_unknown_key_are_told_apart(
    local_oss: LocalOss, clients: Oss2Clients, make: type
) -> None:
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch):
        clients.bucket(BUCKET, make(KEY_ID, "wrong")).put_object("a", b"x")
    with pytest.raises(oss2.exceptions.ServerError) as error:
        clients.bucket(BUCKET, make("LTAIunknown", SECRET)).put_object("a", b"x")
    assert (error.value.status, error.value.code) == (403, "InvalidAccessKeyId")
    with pytest.raises(oss2.exceptions.AccessDenied):
        clients.bucket(BUCKET, oss2.AnonymousAuth()).get_object("a")


def test_a_temporary_key_needs_its_own_token(local_oss: LocalOss, clients: Oss2Clients) -> None:
    first, second = local_oss.keys.issue_sts(900), local_oss.keys.issue_sts(900)
    for key_id, secret, token, code in [
        (first.access_key_id, first.access_key_secret, second.security_token, "InvalidSecurityToken"),
        (first.access_key_id, first.access_key_secret, "CAISnonsense", "InvalidSecurityToken"),
        (KEY_ID, SECRET, first.security_token, "InvalidSecurityToken"),
        (first.access_key_id, SECRET, first.security_token, "SignatureDoesNotMatch"),
    ]:
        with pytest.raises(oss2.exceptions.ServerError) as error:
            clients.bucket(BUCKET, oss2.StsAuth(key_id, secret, token)).get_object("a")
        assert (error.value.status, error.value.code) == (403, code)
    with pytest.raises(oss2.exceptions.ServerError) as error:
        clients.bucket(BUCKET, oss2.Auth(first.access_key_id, first.access_key_secret)).get_object("a")
    assert error.value.code == "InvalidAccessKeyId"


def test_temporary_credentials_end_and_outlive_a_restart(keys: AccessKeys, clock: ManualClock) -> None:
    sts = keys.issue_sts(900)
    restarted = AccessKeys(clock)
    restarted.add(KEY_ID, SECRET)
    assert restarted.find(sts.access_key_id, sts.security_token) == sts.access_key_secret
    clock.advance(899)
    assert keys.find(sts.access_key_id, sts.security_token) == sts.access_key_secret
    clock.advance(1)
    with pytest.raises(SecurityTokenExpired):
        keys.find(sts.access_key_id, sts.security_token)
    other = AccessKeys(clock)
    other.add(KEY_ID, "another secret")
    with pytest.raises(InvalidSecurityToken):
        other.find(sts.access_key_id, sts.security_token)
    with pytest.raises(UnknownAccessKey):
        other.find("nobody")


def test_signing_for_another_region_is_refused(local_oss: LocalOss, clients: Oss2Clients) -> None:
    bucket = clients.bucket(BUCKET, region="cn-hangzhou")
    with pytest.raises(oss2.exceptions.InvalidArgument, match="Invalid signing region"):
        bucket.put_object("a", b"x")


# From here on the clock stands still, and the tests sign by themselves.


def _v4_url(key: str, expires: str = "60", **changed: str) -> str:
    query = {
        "x-oss-credential": CREDENTIAL,
        "x-oss-date": START,
        "x-oss-expires": expires,
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    names = "&".join(f"{quote(n, safe='')}={quote(query[n], safe='')}" for n in sorted(query))
    text = v4_string_to_sign(f"GET\n/{BUCKET}/{key}\n{names}\n\n\nUNSIGNED-PAYLOAD")
    return f"/{BUCKET}/{key}?{names}&x-oss-signature={v4_signature(text)}"


def _v1_url(key: str, expires: int | str) -> str:
    signature = v1_signature(f"GET\n\n\n{expires}\n/{BUCKET}/{key}")
    return f"/{BUCKET}/{key}?" + urlencode(
        {"OSSAccessKeyId": KEY_ID, "Expires": expires, "Signature": signature}
    )


def test_signed_urls_end_when_they_say(ask: Ask, store: ObjectStore, clock: ManualClock) -> None:
    store.put(BUCKET, "a", b"x")
    v1, v4 = _v1_url("a", int(clock.now()) + 60), _v4_url("a")
    clock.advance(60)
    assert [ask("GET", url).status for url in (v1, v4)] == [200, 200]
    clock.advance(1)
    for url, ec in ((v1, b"0002-00000069"), (v4, b"0002-00000236")):
        late = ask("GET", url)
        assert (late.status, b"Request has expired." in late.body, ec in late.body) == (403, True, True)


def test_a_version_4_url_lives_seven_days_at_most(ask: Ask, store: ObjectStore) -> None:
    store.put(BUCKET, "a", b"x")
    assert ask("GET", _v4_url("a", "604800")).status == 200
    for expires in ("604801", "0", "-1", "x", "9" * 5000, "1e3"):
        refused = ask("GET", _v4_url("a", expires))
        assert (refused.status, b"0002-00000232" in refused.body) == (400, True)


def test_a_url_with_security_token_ends_with_the_token(local_oss: LocalOss, clients: Oss2Clients) -> None:
    sts = local_oss.keys.issue_sts(900)
    auth = oss2.StsAuth(sts.access_key_id, sts.access_key_secret, sts.security_token)
    bucket = clients.bucket(BUCKET, auth)
    bucket.put_object("a", b"x")
    url = bucket.sign_url("GET", "a", 36_000)
    local_oss.clock.set(sts.expires_at + 1)
    refused = requests.get(url, timeout=10)
    assert (refused.status_code, "SecurityTokenExpired" in refused.text) == (403, True)


def test_a_clock_that_is_off_by_more_than_fifteen_minutes_is_refused(ask: Ask, clock: ManualClock) -> None:
    date = "Thu, 01 Jan 2026 00:00:00 GMT"
    signature = v1_signature(f"PUT\n\n\n{date}\n/{BUCKET}/a")
    headers = {"Date": date, "Authorization": f"OSS {KEY_ID}:{signature}"}
    clock.advance(900)
    assert ask("PUT", f"/{BUCKET}/a", headers).status == 200
    for step in (1, -1802):
        clock.advance(step)
        late = ask("PUT", f"/{BUCKET}/a", headers)
        assert (late.status, b"RequestTimeTooSkewed" in late.body) == (403, True)


def test_a_version_4_url_from_the_future_waits(ask: Ask, clock: ManualClock) -> None:
    clock.advance(-3600)
    assert ask("GET", _v4_url("a", "604800")).status == 403


@pytest.mark.parametrize(
    ("target", "headers", "code"),
    [
        (_v4_url("a", x_oss_credential="nonsense"), {}, "InvalidArgument"),
        (
            _v4_url("a", x_oss_credential=f"{KEY_ID}/20260102/{REGION}/oss/aliyun_v4_request"),
            {},
            "InvalidArgument",
        ),
        (
            _v4_url("a", x_oss_credential=f"{KEY_ID}/20260101/{REGION}/ecs/aliyun_v4_request"),
            {},
            "InvalidArgument",
        ),
        (_v4_url("a", x_oss_date="yesterday"), {}, "AccessDenied"),
        (_v4_url("a", x_oss_additional_headers="range"), {}, "InvalidArgument"),
        (_v4_url("a", x_oss_signature_version="OSS2"), {}, "InvalidArgument"),
        (_v4_url("a"), {"x-oss-meta-added": "1"}, "SignatureDoesNotMatch"),
        (_v4_url("a"), {"Authorization": "OSS a:b"}, "InvalidArgument"),
        (_v1_url("a", "soon"), {}, "AccessDenied"),
        (f"/{BUCKET}/a?Signature=x", {}, "AccessDenied"),
        (f"/{BUCKET}/a", {"Authorization": "OSS nonsense"}, "InvalidArgument"),
        (f"/{BUCKET}/a", {"Authorization": "OSS4-HMAC-SHA256 nonsense"}, "InvalidArgument"),
        (f"/{BUCKET}/a", {"Authorization": "Bearer x"}, "InvalidArgument"),
        (f"/{BUCKET}/a", {"Authorization": f"OSS {KEY_ID}:x"}, "AccessDenied"),
        (f"/{BUCKET}/a", {"Authorization": f"OSS {KEY_ID}:x", "Date": "99999999"}, "AccessDenied"),
        (f"/{BUCKET}/a", {"Authorization": f"OSS {KEY_ID}:é", "x-oss-date": START}, "SignatureDoesNotMatch"),
    ],
)
def test_a_malformed_signature_gets_an_answer_that_says_why(
    ask: Ask, target: str, headers: dict[str, str], code: str
) -> None:
    answer = ask("GET", target, headers)
    assert 400 <= answer.status < 404
    assert f"<Code>{code}</Code>".encode() in answer.body
