"""Photos that the way to the bucket has spoilt: changed as text, wrapped, or with something before them.

The bytes still show what they were. Each kind is known from programs that upload: a file read as text (UTF-8
in place of bytes, RFC 3629; line ends changed, which the PNG signature is made to show: "PNG (Third
Edition)", 5.2), Base64 and data URLs (RFC 4648, RFC 2397), a form's body stored as it came (RFC 7578), the
answer of a server with its headers (RFC 9112), a file allocated and never filled. Some programs for
chatting keep pictures with every byte changed by one and the same number.
"""

from __future__ import annotations

import base64
import binascii
import re

from shared.domain.file_facts import FileFacts, Kind
from shared.domain.photos import Verdict
from shared.domain.picture_files import picture_format

_LOST = b"\xef\xbf\xbd"
"""U+FFFD in UTF-8, which stands for a byte that is no text."""
_LOST_AT_LEAST = 16
_AS_TEXT = (
    (_LOST * 3, "JPEG read as UTF-8"),
    (_LOST + b"PNG\r\n\x1a\n", "PNG read as UTF-8"),
    (b"\xc3\xbf\xc3\x98\xc3\xbf", "JPEG written as UTF-8"),
    (b"\xc2\x89PNG\r\n\x1a\n", "PNG written as UTF-8"),
    (b"\x89PNG\n\x1a\n", "PNG with changed line ends"),
    (b"\x89PNG\r\r\n\x1a\r\n", "PNG with changed line ends"),
    (b"\x09PNG\r\n\x1a\n", "PNG without its highest bits"),
)
_SAID_IN_WORDS = re.compile(rb"\s*\"?(\[object \w{1,20}\]|undefined|null|NaN)\"?\s*")
_REPRESENTED = re.compile(rb"b['\"](\\xff\\xd8\\xff|\\x89PNG)")
_IN_HEXADECIMAL = re.compile(rb"\s*(0x)?(ffd8ff|89504e470d0a1a0a)[0-9a-f\s]*", re.IGNORECASE)
_IN_NUMBERS = re.compile(rb"[^\d]{0,64}\b(255\s*,\s*216\s*,\s*255|137\s*,\s*80\s*,\s*78\s*,\s*71)\s*,")
_DATA_URL = re.compile(rb"[^,<]{0,64}?data(:|%3A)image(/|%2F)", re.IGNORECASE)
_IN_JSON = re.compile(rb"[{\[].{0,2000}?\"(/9j/|iVBORw0KGgo|UklGR|R0lGOD|data:image/)", re.DOTALL)
_FORM_FIELD = re.compile(rb"[\w.\[\]-]{1,64}=(data(:|%3A)image|%2F9j%2F|/9j/|iVBORw0KGgo)", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_BOUNDARY = re.compile(
    rb"\s*--[^\r\n]{1,200}\r?\n(?:[^\r\n]{0,500}\r?\n){0,8}?Content-Disposition:\s*form-data", re.IGNORECASE
)
_SAMPLE_BYTES = 1024
_STRAY_AT_MOST = 1024
_SIGNATURE_BYTES = 16
_PICTURES = (
    (b"\xff\xd8\xff", 0),
    (b"\x89PNG\r\n\x1a\n", 0),
    (b"GIF87a", 0),
    (b"GIF89a", 0),
    (b"RIFF", 0),
    (b"ftyp", 4),
)
"""What tells a picture, and how many bytes of it stand before that."""
_HEADERS_END = b"\r\n\r\n"


def kind_of_spoilt(facts: FileFacts) -> Kind | None:
    """Say how a photo was spoilt on its way, None for a file that shows nothing of the kind."""
    start = facts.start
    if start and not start.strip(b"\x00") and not facts.end.strip(b"\x00"):
        return Kind(Verdict.ALL_ZEROS, "zeros")
    for signature, what in _AS_TEXT:
        if start.startswith(signature):
            return Kind(Verdict.SENT_AS_TEXT, what)
    form = picture_format(start)
    # Its length stands before the name of a WebP, and has become longer with the rest.
    lossy_form = form or ("WebP" if start[:4] == b"RIFF" and b"WEBP" in start[9:24] else None)
    if lossy_form is not None and start.count(_LOST) >= _LOST_AT_LEAST:
        return Kind(Verdict.SENT_AS_TEXT, f"{lossy_form} read as UTF-8")
    if form is not None:
        return None
    return _wrapped(start) or _as_text(start) or _masked(start)


def kind_behind_others(facts: FileFacts) -> Kind | None:
    """A picture behind a byte order mark, blanks, headers or a few other bytes; None without one."""
    start = facts.start
    if picture_format(start) is not None:
        # It has a preview.
        return None
    head = start[: _STRAY_AT_MOST + _SIGNATURE_BYTES]
    if head.startswith(b"HTTP/"):
        _, end, body = start.partition(_HEADERS_END)
        form = picture_format(body) if end else None
        return Kind(Verdict.STRAY_BYTES, f"{form} behind the headers of an answer") if form else None
    found = ((head.find(signature, 1), before) for signature, before in _PICTURES)
    for at in sorted(place - before for place, before in found if place > before):
        form = picture_format(start[at:])
        if form is not None and at <= _STRAY_AT_MOST and _may_stand_before(head[:at]):
            return Kind(Verdict.STRAY_BYTES, f"{form} behind {at} other bytes")
    return None


def _wrapped(start: bytes) -> Kind | None:
    if _BOUNDARY.match(start):
        return Kind(Verdict.SENT_AS_FORM, "multipart/form-data")
    if _FORM_FIELD.match(start):
        return Kind(Verdict.SENT_AS_FORM, "application/x-www-form-urlencoded")
    return None


def _as_text(start: bytes) -> Kind | None:
    sample = start.removeprefix(b"\xef\xbb\xbf")[:_SAMPLE_BYTES]
    if _DATA_URL.match(sample):
        return Kind(Verdict.SENT_AS_TEXT, "data URL")
    if _IN_HEXADECIMAL.fullmatch(sample) or _REPRESENTED.match(sample) or _IN_NUMBERS.match(sample):
        return Kind(Verdict.SENT_AS_TEXT, "bytes written as text")
    if _SAID_IN_WORDS.fullmatch(start[:64]):
        return Kind(Verdict.SENT_AS_TEXT, "name of an object in place of its bytes")
    if _IN_JSON.match(start):
        return Kind(Verdict.SENT_AS_TEXT, "Base64 in JSON")
    packed = b"".join(sample.strip(b"\"' \r\n\t").split())
    if _BASE64.match(packed) and picture_format(_decoded(packed)):
        return Kind(Verdict.SENT_AS_TEXT, "Base64")
    return None


def _decoded(packed: bytes) -> bytes:
    """Decode the beginning of Base64, of either alphabet."""
    whole = packed[:64][: len(packed[:64]) // 4 * 4].replace(b"-", b"+").replace(b"_", b"/")
    try:
        return base64.b64decode(whole)
    except binascii.Error:
        return b""


def _masked(start: bytes) -> Kind | None:
    """A picture of which every byte was changed by the same number, as WeChat keeps it in its cache."""
    if len(start) < 4:
        return None
    for signature in (b"\xff\xd8\xff", b"\x89PNG", b"GIF8"):
        mask = start[0] ^ signature[0]
        if mask and bytes(byte ^ mask for byte in start[: len(signature)]) == signature:
            plain = bytes(byte ^ mask for byte in start[:_SIGNATURE_BYTES])
            # Three bytes may look so by chance; in a JPEG its name follows, or a table of known length.
            is_jpeg = plain[6:10] in (b"JFIF", b"Exif") or plain[3:6] in (b"\xdb\x00\x43", b"\xdb\x00\x84")
            if picture_format(plain) and (plain[0] != 0xFF or is_jpeg):
                return Kind(Verdict.ENCRYPTED_FILE, "cache of a chat program")
    return None


def _may_stand_before(stray: bytes) -> bool:
    """Whether these bytes are no file of their own: blanks, a mark, zeros, text, or a few bytes."""
    text = stray.removeprefix(b"\xef\xbb\xbf").strip(b"\x00")
    return len(stray) <= 16 or all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in text)
