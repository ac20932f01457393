"""What keys mean, for keys that people, phones, archives and hostile programs make."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.object_keys import (
    Ignored,
    Kind,
    Upload,
    below_folder,
    folder_of,
    job_id,
    name_of,
    parse_job_id,
    parse_upload,
    person_folder,
    person_key,
    person_of,
    problem_with_person_id,
    snapshot_key,
    spellings,
    upload_key,
)
from shared.domain.result_keys import result_key
from tests.unit.support import few_examples

EXACTLY_128_BYTES = "李" * 42 + "ab"
ONE_BYTE_TOO_MANY = "李" * 43

PHOTOS = [
    # (key, person, name)
    ("people/li/a.jpg", "li", "a.jpg"),
    ("people/li/a", "li", "a"),
    ("people/li/IMG 0001.JPG", "li", "IMG 0001.JPG"),
    ("people/li lei/a.jpg", "li lei", "a.jpg"),
    ("people/li/ leading and trailing .jpg ", "li", " leading and trailing .jpg "),
    ("people/li/a+b.jpg", "li", "a+b.jpg"),
    ("people/a+b/c.jpg", "a+b", "c.jpg"),
    ("people/li/100%.jpg", "li", "100%.jpg"),
    ("people/100%/a.jpg", "100%", "a.jpg"),
    ("people/li/a%20b.jpg", "li", "a%20b.jpg"),
    ("people/li%2Fwang/a.jpg", "li%2Fwang", "a.jpg"),
    ("people/li/%2e%2e.jpg", "li", "%2e%2e.jpg"),
    ("people/李雷/照片.jpg", "李雷", "照片.jpg"),
    ("people/Zoë/ä.jpg", "Zoë", "ä.jpg"),
    ("people/👩‍🎤/🤳.heic", "👩‍🎤", "🤳.heic"),
    ("people/li/2024/summer/a.jpg", "li", "2024/summer/a.jpg"),
    ("people/li/a..jpg", "li", "a..jpg"),
    ("people/li/a...jpg", "li", "a...jpg"),
    ("people/li/a.", "li", "a."),
    ("people/li/_READY.jpg", "li", "_READY.jpg"),
    ("people/li/_READY_1", "li", "_READY_1"),
    ("people/li/already", "li", "already"),
    ("people/li/sub/_READY.jpg", "li", "sub/_READY.jpg"),
    ("people/li/_private/a.jpg", "li", "_private/a.jpg"),
    ("people/li/_", "li", "_"),
    ("people/li/people/wang/a.jpg", "li", "people/wang/a.jpg"),
    ("people/people/a.jpg", "people", "a.jpg"),
    ("people/submissions/a.jpg", "submissions", "a.jpg"),
    ("people/-/a.jpg", "-", "a.jpg"),
    ("people/0/a.jpg", "0", "a.jpg"),
    ("people/li/a?x=1&y=2", "li", "a?x=1&y=2"),
    ("people/li/a#b.jpg", "li", "a#b.jpg"),
    ("people/li/a\\b.jpg", "li", "a\\b.jpg"),
    ("people/li\\wang/a.jpg", "li\\wang", "a.jpg"),
    ("people/li/'quoted\".jpg", "li", "'quoted\".jpg"),
    ("people/<b>li/a.jpg", "<b>li", "a.jpg"),
    ("people/li/thumbs.db.jpg", "li", "thumbs.db.jpg"),
    ("people/li/Thumbs.db/a.jpg", "li", "Thumbs.db/a.jpg"),
    ("people/li/MACOSX/a.jpg", "li", "MACOSX/a.jpg"),
    ("people/li/a\u00a0b.jpg", "li", "a\u00a0b.jpg"),
    ("people/li/a\u200bb.jpg", "li", "a\u200bb.jpg"),
    ("people/li/\u202egpj.jpg", "li", "\u202egpj.jpg"),
    ("people/ li/a.jpg", " li", "a.jpg"),
    ("people/_system/a.jpg", "_system", "a.jpg"),
    ("people/_V1StGXR8_Z5jdHi6B/a.jpg", "_V1StGXR8_Z5jdHi6B", "a.jpg"),
    ("people/_READY/a.jpg", "_READY", "a.jpg"),
    ("people/_/a.jpg", "_", "a.jpg"),
    ("people/~/a.jpg", "~", "a.jpg"),
    (f"people/{'x' * 128}/a.jpg", "x" * 128, "a.jpg"),
    (f"people/{EXACTLY_128_BYTES}/a.jpg", EXACTLY_128_BYTES, "a.jpg"),
    (f"people/li/{'n' * 1000}.jpg", "li", f"{'n' * 1000}.jpg"),
]

IGNORED = [
    # (key, a word of the reason)
    ("", "not under"),
    ("people", "not under"),
    ("People/li/a.jpg", "not under"),
    ("PEOPLE/li/a.jpg", "not under"),
    ("peoples/li/a.jpg", "not under"),
    ("/people/li/a.jpg", "not under"),
    (" people/li/a.jpg", "not under"),
    ("submissions/x/a.jpg", "not under"),
    ("results/li/1.json", "not under"),
    ("x/people/li/a.jpg", "not under"),
    ("people\\li\\a.jpg", "not under"),
    ("people/", "folder"),
    ("people/a.jpg", "beside"),
    ("people/_READY", "beside"),
    ("people/照片.jpg", "beside"),
    ("people//a.jpg", "empty"),
    ("people//", "empty"),
    ("people///a.jpg", "empty"),
    ("people/./a.jpg", "starts with"),
    ("people/../a.jpg", "starts with"),
    ("people/.hidden/a.jpg", "starts with"),
    ("people/__MACOSX/a.jpg", "system file"),
    ("people/__MACOSX/anna/._a.jpg", "system file"),
    ("people/_READY/", "folder marker"),
    (f"people/{'x' * 129}/a.jpg", "129 bytes"),
    (f"people/{ONE_BYTE_TOO_MANY}/a.jpg", "129 bytes"),
    (f"people/{'👩' * 33}/a.jpg", "132 bytes"),
    ("people/li\x00/a.jpg", "control character"),
    ("people/li\n/a.jpg", "control character"),
    ("people/li\x7f/a.jpg", "control character"),
    ("people/li\x85/a.jpg", "control character"),
    ("people/\ud800/a.jpg", "not valid UTF-8"),
    ("people/li/", "folder marker"),
    ("people/li/sub/", "folder marker"),
    ("people/李雷/", "folder marker"),
    ("people/li/_READY/", "folder marker"),
    ("people/li/../", "folder marker"),
    ("people/li/..", "'..'"),
    ("people/li/.", "'.'"),
    ("people/li/../wang/a.jpg", "'..'"),
    ("people/li/a/../../wang/b.jpg", "'..'"),
    ("people/li/./a.jpg", "'.'"),
    ("people/li/a/./b.jpg", "'.'"),
    ("people/li//a.jpg", "empty"),
    ("people/li/a//b.jpg", "empty"),
    ("people/li/../_READY", "'..'"),
    ("people/li/.DS_Store", "hidden"),
    ("people/li/.a.jpg", "hidden"),
    ("people/li/._IMG_0001.jpg", "hidden"),
    ("people/li/.thumbnails/a.jpg", "hidden"),
    ("people/li/a/.b/c.jpg", "hidden"),
    ("people/li/...", "hidden"),
    ("people/li/__MACOSX/a.jpg", "system file"),
    ("people/li/album/__MACOSX/a.jpg", "system file"),
    ("people/li/Thumbs.db", "system file"),
    ("people/li/album/Thumbs.db", "system file"),
    ("people/li/desktop.ini", "system file"),
    ("people/li/a\x00.jpg", "control character"),
    ("people/li/a\n.jpg", "control character"),
    ("people/li/a\t.jpg", "control character"),
    ("people/li/a\x1b[31m.jpg", "control character"),
    ("people/li/a\x9f.jpg", "control character"),
    ("people/li/\ud800.jpg", "not valid UTF-8"),
    ("people/li/album/\udfff/a.jpg", "not valid UTF-8"),
]


@pytest.mark.parametrize(("key", "person", "name"), PHOTOS, ids=[ascii(row[0][:40]) for row in PHOTOS])
def test_a_key_in_a_persons_folder_is_a_photo_under_its_literal_name(
    key: str, person: str, name: str
) -> None:
    upload = parse_upload(key)
    assert upload == Upload(person, name, Kind.PHOTO)
    assert upload.key == key


@pytest.mark.parametrize(("key", "word"), IGNORED, ids=[ascii(row[0][:40]) for row in IGNORED])
def test_a_key_that_is_none_of_ours_is_ignored_with_a_reason(key: str, word: str) -> None:
    ignored = parse_upload(key)
    assert isinstance(ignored, Ignored)
    assert ignored.key == key
    assert word in ignored.reason


@pytest.mark.parametrize("person", ["li", "李雷", "a+b", "100%", EXACTLY_128_BYTES])
def test_the_marker_counts_only_directly_in_the_persons_folder(person: str) -> None:
    assert parse_upload(f"people/{person}/_READY") == Upload(person, "_READY", Kind.MARKER)
    nested = parse_upload(f"people/{person}/sub/_READY")
    assert isinstance(nested, Ignored)
    assert nested.code == "marker_in_subfolder"
    assert nested.is_news


@pytest.mark.parametrize("name", ["_READY.txt", "_ready", "READY", "_READY ", " Ready.TXT", "_READY.json"])
def test_the_marker_is_known_however_people_and_editors_write_it(name: str) -> None:
    assert parse_upload(f"people/li/{name}") == Upload("li", name, Kind.MARKER)
    assert parse_upload(f"people/li/{name}", marker="_DONE") == Upload("li", name, Kind.PHOTO)


KEY_ALPHABET = st.one_of(
    st.sampled_from(
        ["/", ".", "..", "_", "_READY", "people/", "__MACOSX", "\x00", " ", "%2F", "+", "\ud800"]
    ),
    st.text(max_size=4),
)


@few_examples
@given(st.lists(KEY_ALPHABET, max_size=8).map("".join))
def test_no_key_at_all_makes_parsing_raise(tail: str) -> None:
    for key in (tail, f"people/{tail}", f"people/li/{tail}"):
        parsed = parse_upload(key)
        assert parsed.key == key
        if isinstance(parsed, Ignored):
            assert parsed.reason
        else:
            assert problem_with_person_id(parsed.person_id) == ""
            assert ".." not in parsed.name.split("/")
            assert key.startswith(person_folder(parsed.folder))
            assert person_of(parsed.folder) == parsed.person_id
            assert (name_of(key), upload_key(parsed.person_id, parsed.name)) == (parsed.name, key)


# -- one person, however the name is written --------------------------------------------------------

NFC_ZOE, NFD_ZOE = unicodedata.normalize("NFC", "Zoë"), unicodedata.normalize("NFD", "Zoë")
ALIKE = [
    # (two spellings of one name, composed last)
    (NFD_ZOE, NFC_ZOE),
    (unicodedata.normalize("NFD", "김민준"), "김민준"),
    (unicodedata.normalize("NFD", "Nguyễn Thị Hồng"), unicodedata.normalize("NFC", "Nguyễn Thị Hồng")),
    # Partly composed, as some input methods leave it.
    ("Ê\u0301lan", "\u1ebelan"),
    # Two marks in the other order.
    ("a\u0301\u0323", "\u1ea1\u0301"),
    ("\u212bngstr\u00f6m", "\u00c5ngstr\u00f6m"),
    # A compatibility ideograph that Unicode takes for the same as another.
    ("\ufa19\u8c37", "\u795e\u8c37"),
    # A composition that NFC takes apart: the name grows.
    ("\u0958\u0930", "\u0915\u093c\u0930"),
]
DIFFERENT = [
    # NFKC would make one of each pair.
    ("ﬁona", "fiona"),
    ("Ａｎｎａ", "Anna"),
    ("anna²", "anna2"),
    ("anna\u00a0b", "anna b"),
    ("①", "1"),
    # And these differ in any form.
    ("zoë", NFC_ZOE),
    ("Zoe", NFC_ZOE),
    (" anna", "anna"),
    ("anna ", "anna"),
    ("👩\u200d🎤", "👩🎤"),
    ("ё", "ë"),
]


@pytest.mark.parametrize(("spelled", "composed"), ALIKE, ids=[ascii(row[1]) for row in ALIKE])
def test_two_spellings_of_a_name_are_one_person_and_their_photos_stay_apart(
    spelled: str, composed: str
) -> None:
    one, other = parse_upload(f"people/{spelled}/a/1.jpg"), parse_upload(f"people/{composed}/a/1.jpg")
    assert isinstance(one, Upload)
    assert isinstance(other, Upload)
    assert (one.person_id, one.name, one.folder) == (composed, f"/{spelled}/a/1.jpg", spelled)
    assert (other.person_id, other.name, other.folder) == (composed, "a/1.jpg", composed)
    assert (one.key, other.key) == (f"people/{spelled}/a/1.jpg", f"people/{composed}/a/1.jpg")
    assert below_folder(one.name) == below_folder(other.name) == "a/1.jpg"


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=[ascii(row) for row in DIFFERENT])
def test_names_that_only_look_alike_are_two_people(one: str, other: str) -> None:
    found = {parse_upload(f"people/{name}/1.jpg") for name in (one, other)}
    people = {upload.person_id for upload in found if isinstance(upload, Upload)}
    assert people == {one, other}


def test_the_name_of_a_file_stays_as_it_is() -> None:
    for name in (NFC_ZOE, NFD_ZOE):
        assert parse_upload(f"people/li/{name}/{name}.jpg") == Upload("li", f"{name}/{name}.jpg", Kind.PHOTO)


def test_a_marker_and_a_zip_are_such_in_a_folder_of_any_spelling() -> None:
    for name, kind in (("_READY", Kind.MARKER), ("a.zip", Kind.ARCHIVE), ("a.jpg", Kind.PHOTO)):
        upload = parse_upload(f"people/{NFD_ZOE}/{name}")
        assert upload == Upload(NFC_ZOE, f"/{NFD_ZOE}/{name}", kind)


def test_the_length_of_a_name_is_that_of_its_composed_form() -> None:
    hangul = "김" * 42
    assert isinstance(parse_upload(f"people/{unicodedata.normalize('NFD', hangul)}/1.jpg"), Upload)
    # 126 bytes as it is spelled, and 252 composed.
    growing = "\u0958" * 42
    ignored = parse_upload(f"people/{growing}/1.jpg")
    assert isinstance(ignored, Ignored)
    assert "252 bytes" in ignored.reason


SPELLED = st.lists(
    st.sampled_from(
        ["e", "E", "\u00eb", "\u0308", "\u0323", "\u212b", "\uac00", "\u1100", "\u1161", "_", " ", "李"]
    ),
    min_size=1,
    max_size=8,
).map("".join)
BELOW = st.sampled_from(["a.jpg", "b/a.jpg", "_READY", "a.zip", f"{NFD_ZOE}.jpg", "people/a.jpg"])


@few_examples
@given(SPELLED, st.lists(st.sampled_from(["NFC", "NFD"]), max_size=3), BELOW)
def test_a_key_and_the_name_of_its_upload_tell_each_other_in_every_spelling(
    folder: str, forms: list[str], below: str
) -> None:
    person = person_of(folder)
    for form in forms:
        folder = unicodedata.normalize(form, folder)  # type: ignore[arg-type]  # one of two literals
        assert person_of(folder) == person
    key = f"people/{folder}/{below}"
    upload = parse_upload(key)
    assert isinstance(upload, Upload)
    assert upload.person_id == person_of(person) == person
    assert upload_key(upload.person_id, upload.name) == upload.key == key
    assert name_of(key) == upload.name
    assert folder_of(person, upload.name) == folder == upload.folder
    assert below_folder(upload.name) == below
    assert folder in spellings(person, [folder])
    assert spellings(person)[0] == person
    twin = parse_upload(f"people/{person}/{below}")
    assert isinstance(twin, Upload)
    assert (twin.name == upload.name) is (folder == person)


@few_examples
@given(st.text(min_size=1, max_size=40), st.integers(1, 999_999_999))
def test_a_job_id_parses_back_into_what_it_was_made_from(person: str, revision: int) -> None:
    assert parse_job_id(job_id(person, revision)) == (person_key(person), revision)


@few_examples
@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9a-f]{19,21}-?[0-9٣]{0,10}", fullmatch=True)))
def test_no_text_makes_parsing_a_job_id_raise_and_only_canonical_ids_pass(text: str) -> None:
    parsed = parse_job_id(text)
    if parsed is not None:
        assert f"{parsed[0]}-{parsed[1]}" == text


KEY = "0123456789abcdef0123"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        KEY,
        f"{KEY}-",
        f"{KEY}-0",
        f"{KEY}-01",
        f"{KEY}--1",
        f"{KEY}-1-1",
        f"{KEY}-+1",
        f"{KEY}- 1",
        f"{KEY}-1 ",
        f"{KEY}-1\n",
        f"{KEY}-1e3",
        f"{KEY}-1.0",
        f"{KEY}-1_0",
        f"{KEY}-٣",
        f"{KEY}-²",
        f"{KEY}-1000000000",
        f"{KEY.upper()}-1",
        f"{KEY[1:]}-1",
        f"{KEY}0-1",
        f"g{KEY[1:]}-1",
        f"{KEY}/1",
        f"{KEY}%2D1",
    ],
)
def test_a_text_that_is_not_exactly_a_job_id_is_none(text: str) -> None:
    assert parse_job_id(text) is None


def test_the_persons_key_is_a_hash_and_tells_nothing_of_the_name() -> None:
    assert re.fullmatch(r"[0-9a-f]{20}", person_key("李雷"))
    # Stored rows are found by it, so it may never change.
    assert person_key("li") == "00a9e4255a5b63067b76"
    assert len({person_key(name) for name in ("li", "Li", "li ", "李", "li/", "")}) == 6


def test_the_product_writes_outside_the_prefix_that_it_watches() -> None:
    for key in (snapshot_key(job_id("li", 1), "token"), result_key("li", 1)):
        assert isinstance(parse_upload(key), Ignored)


def test_snapshot_keys_are_plain_ascii_and_need_no_escaping_in_a_url() -> None:
    assert re.fullmatch(r"submissions/[0-9a-f]{20}-2/t0k3n\.jpg", snapshot_key(job_id("李雷", 2), "t0k3n"))


def test_results_lie_under_the_persons_own_name() -> None:
    assert result_key("李雷", 3) == "results/李雷/3.json"
