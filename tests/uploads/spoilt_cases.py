"""Photos that the upload has spoilt, as programs and people do it, and what came in a photo's place."""

from __future__ import annotations

import base64
import json
from functools import partial

from aliyun_local.samples import encoded
from tests.uploads import document_files as d
from tests.uploads import pictures as p
from tests.uploads.case import Case, Make, one


def _png() -> bytes:
    return encoded(p.face(), "PNG")


def _base64(content: bytes) -> bytes:
    return base64.b64encode(content)


def _large_jpeg() -> bytes:
    """Longer than what is read of its beginning."""
    return p.with_large_profile((1200, 1500))


def _as_text(what: str, make: Make, detail: str = "", *, name: str = "photo.jpg") -> Case:
    return one(what, make, "sent_as_text", name=name, detail=detail)


AS_TEXT = [
    _as_text("a data URL", lambda: b"data:image/jpeg;base64," + _base64(p.jpeg()), "data URL"),
    _as_text("a data URL of a PNG", lambda: b"data:image/png;base64," + _base64(_png()), name="1.png"),
    _as_text("a data URL in quotes", lambda: b'"data:image/jpeg;base64,' + _base64(p.jpeg()) + b'"'),
    _as_text("a JPEG in Base64", lambda: _base64(p.jpeg()), "Base64"),
    _as_text("a PNG in Base64", lambda: _base64(_png()), "Base64"),
    _as_text("a HEIC in Base64", lambda: _base64(p.heic()), "Base64"),
    _as_text("Base64 in lines", lambda: base64.encodebytes(p.jpeg()), "Base64"),
    _as_text("Base64 for addresses", lambda: base64.urlsafe_b64encode(p.jpeg()), "Base64"),
    _as_text("Base64 behind a byte order mark", lambda: b"\xef\xbb\xbf" + _base64(p.jpeg()), "Base64"),
    _as_text("Base64 of more than 20 MB", lambda: _base64(p.jpeg() + bytes(16 * 2**20)), "Base64"),
    _as_text("Base64 in JSON", lambda: json.dumps({"image": _base64(p.jpeg()).decode()}).encode(), "JSON"),
    _as_text("a JPEG in hexadecimal", lambda: p.jpeg().hex().encode(), "written as text"),
    _as_text("a JPEG as Python shows it", lambda: repr(p.jpeg()).encode(), "written as text"),
    _as_text("a JPEG in numbers", lambda: json.dumps(list(p.jpeg())).encode(), "written as text"),
    _as_text(
        "a JPEG as Node.js shows it",
        lambda: json.dumps({"type": "Buffer", "data": list(p.jpeg())}).encode(),
        "written as text",
    ),
    _as_text("a name in place of a file", lambda: b"[object File]", "name of an object"),
    _as_text("nothing in place of a file", lambda: b"undefined", "name of an object"),
    _as_text("a JPEG read as text", lambda: p.jpeg().decode("utf-8", "replace").encode(), "read as UTF-8"),
    _as_text("a PNG read as text", lambda: _png().decode("utf-8", "replace").encode(), "read as UTF-8"),
    _as_text(
        "a WebP read as text",
        lambda: encoded(p.face(), "WEBP").decode("utf-8", "replace").encode(),
        "read as UTF-8",
    ),
    _as_text("a HEIC read as text", lambda: p.heic().decode("utf-8", "replace").encode(), "read as UTF-8"),
    _as_text("a JPEG of Latin letters", lambda: p.jpeg().decode("latin-1").encode(), "written as UTF-8"),
    _as_text("a PNG of Latin letters", lambda: _png().decode("latin-1").encode(), "written as UTF-8"),
    _as_text("a PNG with Unix line ends", lambda: _png().replace(b"\r\n", b"\n"), "line ends"),
    _as_text("a PNG with Windows line ends", lambda: _png().replace(b"\n", b"\r\n"), "line ends"),
]

_BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"


def _form(content: bytes, *, first: bytes = b"") -> bytes:
    """The body of a form with one file, as browsers send it (RFC 7578)."""
    return (
        first
        + b"--"
        + _BOUNDARY
        + b'\r\nContent-Disposition: form-data; name="file"; filename="1.jpg"\r\n'
        + b"Content-Type: image/jpeg\r\n\r\n"
        + content
        + b"\r\n--"
        + _BOUNDARY
        + b"--\r\n"
    )


_FIELD = (
    b"--"
    + _BOUNDARY
    + b'\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name="key"\r\n\r\n1.jpg\r\n'
)

AS_FORM = [
    one("a form with a photo", lambda: _form(p.jpeg()), "sent_as_form", detail="multipart"),
    one("a form with fields and a photo", lambda: _form(p.jpeg(), first=_FIELD), "sent_as_form"),
    one("a form with a HEIC", lambda: _form(p.heic()), "sent_as_form", name="1.heic"),
    one("a form of more than 20 MB", lambda: _form(p.jpeg() + bytes(21 * 2**20)), "sent_as_form"),
    one(
        "a form in an address",
        lambda: b"image=data%3Aimage%2Fjpeg%3Bbase64%2C" + _base64(p.jpeg()).replace(b"/", b"%2F"),
        "sent_as_form",
    ),
]

STRAY = [
    one(
        "a JPEG behind a byte order mark",
        lambda: b"\xef\xbb\xbf" + p.jpeg(),
        "stray_bytes",
        detail="behind 3 other",
    ),
    one("a JPEG behind a blank line", lambda: b"\r\n" + p.jpeg(), "stray_bytes", detail="JPEG"),
    one("a PNG behind blanks", lambda: b"\n\n  " + _png(), "stray_bytes", detail="PNG"),
    one("a HEIC behind a zero", lambda: b"\0" + p.heic(), "stray_bytes", detail="HEIC"),
    one(
        "a JPEG behind the headers of an answer",
        lambda: b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + p.jpeg(),
        "stray_bytes",
        detail="headers",
    ),
    one(
        "a JPEG behind the headers of a part",
        lambda: b"Content-Type: image/jpeg\r\nContent-Length: 9\r\n\r\n" + p.jpeg(),
        "stray_bytes",
    ),
    one("a JPEG behind its length", lambda: len(p.jpeg()).to_bytes(4, "big") + p.jpeg(), "stray_bytes"),
    one(
        "a JPEG behind a warning of PHP",
        lambda: b"\nWarning: Undefined index in 1.php\n" + p.jpeg(),
        "stray_bytes",
    ),
]


def _cut_off(what: str, make: Make, detail: str) -> Case:
    return one(what, make, "cut_off", detail=detail)


CUT_OFF = [
    *(
        _cut_off(f"a JPEG cut after {share:.0%}", partial(p.cut, p.jpeg(), share), "JPEG")
        for share in (0.001, 0.02, 0.5, 0.95)
    ),
    _cut_off("a JPEG without its last byte", lambda: p.jpeg()[:-1], "JPEG"),
    _cut_off("a JPEG without its end, filled with zeros", lambda: p.jpeg()[:-500] + bytes(500), "JPEG"),
    _cut_off("a large JPEG cut in half", lambda: p.cut(_large_jpeg(), 0.95), "JPEG"),
    *(
        _cut_off(f"a {kind} cut in half", lambda kind=kind: p.cut(encoded(p.face(), kind), 0.5), form)  # type: ignore[misc]
        for kind, form in (
            ("PNG", "PNG"),
            ("WEBP", "WebP"),
            ("GIF", "GIF"),
            ("BMP", "BMP"),
            ("TIFF", "TIFF"),
            ("AVIF", "AVIF"),
        )
    ),
    _cut_off("a PNG without its last 100 bytes", lambda: _png()[:-100], "PNG"),
    _cut_off("a HEIC cut in half", lambda: p.cut(p.heic(), 0.5), "HEIC"),
    _cut_off("a HEIC without its last bytes", lambda: p.heic()[:-20], "HEIC"),
    _cut_off("a HEIC of a beginning alone", lambda: b"\0\0\0\x18ftypheic" + bytes(12), "HEIC"),
    one("a file of zeros", lambda: bytes(4000), "all_zeros"),
    one("a file of 100 KB of zeros", lambda: bytes(100_000), "all_zeros"),
    one("a file of more than 20 MB of zeros", lambda: bytes(21 * 2**20), "all_zeros"),
    one("a zero", lambda: b"\0", "all_zeros"),
]

_HTML = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body></body></html>"

IN_ITS_PLACE = [
    one("a web page", lambda: b"<!doctype html><title>404</title>", "web_page", detail="HTML"),
    one("a whole web page", lambda: _HTML, "web_page"),
    one("a web page behind a comment", lambda: b"<!-- saved from url -->\r\n" + _HTML, "web_page"),
    one("a web page behind a byte order mark", lambda: b"\xef\xbb\xbf\r\n" + _HTML, "web_page"),
    one(
        "a web page in XML",
        lambda: b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"/>',
        "web_page",
    ),
    one("a login page", lambda: b"<script>location.href='/login'</script>", "web_page"),
    one("an error of OSS", d.cloud_error, "service_answer", detail="error NoSuchKey"),
    one("an expired link", partial(d.cloud_error, "AccessDenied"), "service_answer", detail="AccessDenied"),
    one("an error in one line", lambda: d.cloud_error().replace(b"\n", b""), "service_answer"),
    one("a JSON error", lambda: b'{"errcode": 40001, "errmsg": "invalid credential"}', "service_answer"),
    one("a JSON error of an API", lambda: b'{"code": 403, "message": "expired"}', "service_answer"),
    one("a JSON answer", lambda: b'{"error": {"type": "not_found"}}', "service_answer"),
    one("an answer without a photo", lambda: b"HTTP/1.1 404 Not Found\r\n\r\nNot Found", "service_answer"),
]


def _masked(content: bytes, mask: int) -> bytes:
    return bytes(byte ^ mask for byte in content)


ENCRYPTED = [
    one("WeChat's cache of a JPEG", lambda: _masked(p.jpeg(), 0x5A), "encrypted_file", name="1.dat"),
    one("WeChat's cache of a PNG", lambda: _masked(_png(), 0xA7), "encrypted_file", name="2.dat"),
    one(
        "WeChat's cache of today", lambda: b"\x07\x08V2\x08\x07" + bytes(200), "encrypted_file", name="3.dat"
    ),
    one("a photo encrypted by OpenSSL", lambda: b"Salted__" + p.jpeg()[2:], "encrypted_file", name="1.enc"),
    one("a photo encrypted by age", lambda: b"age-encryption.org/v1\n-> X25519 a\n", "encrypted_file"),
    one(
        "a photo encrypted by PGP",
        lambda: b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n",
        "encrypted_file",
    ),
]

UNKNOWN = [
    one(
        "random bytes",
        lambda: bytes(range(256)) * 40,
        "not_an_image",
        detail="begins with 00 01 02 03 04 05 06 07",
    ),
    one("1 byte", lambda: b"\xff", "not_an_image", detail="begins with ff"),
    one("a JPEG of a beginning and an end", lambda: b"\xff\xd8\xff\xd9", "not_an_image", detail="JPEG"),
    one("bytes that nobody knows", lambda: b"\x9d\x01" * 300, "not_an_image", detail="begins with 9d 01"),
    one("more than 20 MB that nobody knows", lambda: b"\x9d\x01" * 11_000_000, "too_many_bytes"),
]
