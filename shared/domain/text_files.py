"""Texts: web pages, answers of services, sidecars, links, e-mails, and what is left.

A text is what decodes as UTF-8, UTF-16 with a mark, or GB 18030, and holds no control characters but blanks.

Sources: WHATWG "MIME Sniffing" (HTML), OSS "Error responses" (``<Error><Code>``, as S3, COS and OBS have it),
Adobe "XMP Specification" part 3 (``xpacket``), SVG 2, RFC 8259 (JSON), RFC 5322 (e-mail), RFC 9580 (ASCII
Armor), "Git LFS Specification" (pointers). Sidecars of Apple Photos end in ``.AAE``; those of Google Takeout
are JSON with ``photoTakenTime``, and called like the photo with ``.json`` or the beginning of
``.supplemental-metadata.json`` behind it.
"""

from __future__ import annotations

import re

from shared.domain.file_facts import FileFacts, Kind
from shared.domain.photos import Verdict

_SAMPLE_BYTES = 4096
_WEB_PAGE = re.compile(
    r"<(!doctype html|html|head|body|script|iframe|title|meta|table|div|style|h1|font|br|p|a|b)[\s>/]",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_XML_ERROR = re.compile(r"<(\w+:)?Error[\s>].*?<(\w+:)?Code>\s*(?P<code>[\w.]{1,64})\s*</", re.DOTALL)
_JSON_ANSWER = re.compile(
    r"\"(errors?|err_?(code|msg|no)|error_?(code|msg|message)|request_?id|status_?code)\"\s*:",
    re.IGNORECASE,
)
_JSON_CODE = re.compile(r"\"(code|ret|status)\"\s*:\s*(-?\d+|\"\w+\"|true|false)", re.IGNORECASE)
_JSON_MESSAGE = re.compile(r"\"(message|msg|info|detail)\"\s*:", re.IGNORECASE)
_ONE_PLACE = re.compile(
    r"\s*\"?((https?|ftp|file|content|blob|oss|wxfile|ph|assets-library):\S{1,2000}"
    r"|(/|[A-Z]:\\)[^\r\n<>|]{1,500}\.\w{2,5})\"?\s*"
)
_SHORTCUT = re.compile(r"\s*\[(InternetShortcut|Desktop Entry)\]")
_ENCRYPTED = re.compile(r"-----BEGIN (PGP MESSAGE|AGE ENCRYPTED FILE)-----")
_MAIL = re.compile(r"(?im)^(mime-version|received|message-id|delivered-to):")
_SIDECAR_SUFFIXES = ("aae", "xmp", "pp3", "dop", "vrd", "cos")
_PICTURE_SUFFIX = re.compile(r"\.(jpe?g|heic|heif|png|webp|gif|mov|mp4)(\.[a-z-]*)?$")
_TAKEOUT = re.compile(r"\"(photoTakenTime|geoDataExif|imageViews|googlePhotosOrigin|albumData)\"")


def kind_of_text(facts: FileFacts) -> Kind | None:
    """Say what kind of text a file is, None for one that is none."""
    text = _as_text(facts.start[:_SAMPLE_BYTES], whole=facts.size <= _SAMPLE_BYTES)
    if text is None:
        return None
    text = text.lstrip("\ufeff \t\r\n")
    if facts.start.startswith(b"HTTP/"):
        return Kind(Verdict.SERVICE_ANSWER, "headers of an answer")
    if text[:1] == "<":
        return _of_markup(facts, text)
    if text[:1] in ("{", "["):
        found = _of_json(facts, text)
        if found is not None:
            return found
    return _of_plain(facts, text)


def _of_markup(facts: FileFacts, text: str) -> Kind:
    if "<svg" in text:
        return Kind(Verdict.DRAWING, "SVG")
    if error := _XML_ERROR.search(text):
        return Kind(Verdict.SERVICE_ANSWER, f"error {error['code']}")
    if "adjustmentFormatIdentifier" in text or facts.suffix in _SIDECAR_SUFFIXES:
        return Kind(Verdict.SIDECAR, "edits of a photo")
    if "<?xpacket" in text or ":xmpmeta" in text:
        return Kind(Verdict.SIDECAR, "XMP")
    if facts.suffix == "webloc":
        return Kind(Verdict.LINK, "link of a Mac")
    if "<?mso-application" in text or "<FictionBook" in text:
        return Kind(Verdict.DOCUMENT, "document (XML)")
    if _WEB_PAGE.match(_COMMENT.sub("", text)) or "<html" in text.lower():
        return Kind(Verdict.WEB_PAGE, "HTML")
    return Kind(Verdict.TEXT_FILE, "XML")


def _of_json(facts: FileFacts, text: str) -> Kind | None:
    describes_a_photo = facts.suffix == "json" and _PICTURE_SUFFIX.search(facts.stem)
    if _TAKEOUT.search(text) or describes_a_photo:
        return Kind(Verdict.SIDECAR, "properties of a photo in JSON")
    if _JSON_ANSWER.search(text) or (_JSON_CODE.search(text) and _JSON_MESSAGE.search(text)):
        return Kind(Verdict.SERVICE_ANSWER, "JSON")
    is_json = text[:1] == "{" or facts.suffix == "json"
    return Kind(Verdict.TEXT_FILE, "JSON") if is_json and not text.startswith("{\\") else None


def _of_plain(facts: FileFacts, text: str) -> Kind:
    if facts.suffix in _SIDECAR_SUFFIXES or text.startswith("[Picasa]"):
        return Kind(Verdict.SIDECAR, "edits of a photo")
    if _SHORTCUT.match(text) or text.startswith("version https://git-lfs.github.com/spec/"):
        return Kind(Verdict.LINK, "link in place of a file")
    if facts.size <= _SAMPLE_BYTES and _ONE_PLACE.fullmatch(text):
        return Kind(Verdict.LINK, "address in place of a file")
    if _ENCRYPTED.match(text):
        return Kind(Verdict.ENCRYPTED_FILE, "armored message")
    if len(_MAIL.findall(text)) >= 2:
        return Kind(Verdict.DOCUMENT, "e-mail")
    return Kind(Verdict.TEXT_FILE, "text")


def _as_text(start: bytes, *, whole: bool) -> str | None:
    """Return the beginning of a text, None for what is none; the last character may be cut."""
    if not start:
        return None
    marks = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
    encodings = [marks[start[:2]]] if start[:2] in marks else ["utf-8", "gb18030"]
    for encoding in encodings:
        for cut in (0,) if whole else range(4):
            try:
                text = start[: len(start) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return text if not any(ord(one) < 32 and one not in "\t\n\r\f\x1b" for one in text) else None
    return None
