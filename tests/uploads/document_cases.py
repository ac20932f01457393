"""Documents, archives of other kinds, zips by other names, sidecars, links, programs and texts."""

from __future__ import annotations

from functools import partial

from aliyun_local.samples import encoded
from tests.uploads import document_files as d
from tests.uploads import pictures as p
from tests.uploads.case import Case, Make, one
from tests.uploads.zips import zipped


def _document(what: str, make: Make, name: str) -> Case:
    return one(what, make, "document", name=name)


DOCUMENTS = [
    _document("a PDF", lambda: encoded(p.face(), "PDF"), "scan.pdf"),
    _document("a PDF that is called .jpg", lambda: encoded(p.face(), "PDF"), "scan.jpg"),
    _document("a PDF of more than 20 MB", lambda: encoded(p.face(), "PDF") + bytes(21 * 2**20), "book.pdf"),
    _document("an EPS", lambda: encoded(p.face(), "EPS"), "a.eps"),
    _document("a document of Word", d.office, "photos.docx"),
    _document("a sheet of Excel", partial(d.office, "xl"), "people.xlsx"),
    _document("slides of PowerPoint", partial(d.office, "ppt"), "album.pptx"),
    _document("a document of Word 97", d.compound_file, "photos.doc"),
    _document("an e-book", partial(d.with_type, b"application/epub+zip"), "a.epub"),
    _document("an OpenDocument", partial(d.with_type, b"application/vnd.oasis.opendocument.text"), "a.odt"),
    _document(
        "a document of Pages", lambda: zipped({"Index/Document.iwa": b"x", "preview.jpg": b""}), "a.pages"
    ),
    _document("rich text", lambda: b"{\\rtf1\\ansi photos}", "a.rtf"),
    _document("an e-mail", d.mail, "photos.eml"),
    one("a layered picture", partial(d.with_type, b"image/openraster"), "other_format", name="a.ora"),
]


def _archive(what: str, make: Make, name: str, detail: str) -> Case:
    return one(what, make, "other_archive", name=name, detail=detail)


OTHER_ARCHIVES = [
    _archive("a RAR", d.rar5, "photos.rar", "RAR"),
    _archive("an old RAR", d.rar4, "old photos.rar", "RAR"),
    _archive("a RAR of more than 20 MB", lambda: d.rar5() + bytes(21 * 2**20), "many photos.rar", "RAR"),
    _archive("a 7z", d.seven_zip, "photos.7z", "7z"),
    _archive("a tar", d.tar, "photos.tar", "tar"),
    _archive("a tar in gzip", partial(d.tar, "gz"), "photos.tar.gz", "gzip"),
    _archive("a tar in bzip2", partial(d.tar, "bz2"), "photos.tar.bz2", "bzip2"),
    _archive("a tar in xz", partial(d.tar, "xz"), "photos.tar.xz", "xz"),
    _archive("a photo in bzip2", d.bzip2, "1.jpg.bz2", "bzip2"),
    _archive("a photo in xz", d.xz, "1.jpg.xz", "xz"),
    _archive("a photo in Zstandard", d.zstandard, "1.jpg.zst", "Zstandard"),
    _archive("a cabinet", lambda: b"MSCF" + bytes(100), "photos.cab", "cabinet"),
    _archive("an LHA", lambda: b"\x20\x00-lh5-" + bytes(100), "photos.lzh", "LHA"),
    _archive("a disc", lambda: bytes(0x8000) + b"\x01CD001\x01" + bytes(40_000), "photos.iso", "ISO 9660"),
    one("a photo that was packed on its way", lambda: d.gzipped(p.jpeg()), "sent_compressed", detail="JPEG"),
    one("a zip that is called .jpg", lambda: zipped({"1.jpg": p.jpeg()}), "misnamed_zip"),
    one("a zip without a name's end", lambda: zipped({"1.jpg": p.jpeg()}), "misnamed_zip", name="photos"),
    one("a zip with (1) behind", lambda: zipped({"1.jpg": p.jpeg()}), "misnamed_zip", name="photos.zip (1)"),
    one(
        "a Live Photo of China's phones",
        lambda: zipped({"IMG_0001.HEIC": p.heic(), "IMG_0001.MOV": b"film"}),
        "misnamed_zip",
        name="IMG_0001.livp",
    ),
    one(
        "a zip of more than 20 MB without its name's end",
        lambda: zipped({"1.jpg": p.jpeg() + bytes(21 * 2**20)}),
        "misnamed_zip",
        name="photos.dat",
    ),
    one("an empty zip that is called .jpg", lambda: zipped({}), "misnamed_zip", name="1.jpg"),
]

PROGRAMS = [
    one("a program", d.windows_program, "other_file", name="setup.exe", detail="Windows"),
    one("a program that is called .jpg", d.windows_program, "other_file", name="photo.jpg"),
    one("a program of Linux", d.linux_program, "other_file", name="a.out", detail="Linux"),
    one("an app", d.app, "other_file", name="a.apk", detail="program"),
    one("a database", d.database, "other_file", name="photos.db", detail="SQLite"),
    one("a font", lambda: b"OTTO\x00\x0c" + bytes(90), "other_file", name="a.otf", detail="font"),
]


def _sidecar(what: str, make: Make, name: str) -> Case:
    return one(what, make, "sidecar", name=name)


SIDECARS = [
    _sidecar("edits of Apple Photos", d.adjustments, "IMG_0001.AAE"),
    _sidecar("binary edits of Apple Photos", lambda: b"bplist00\xd4" + bytes(90), "IMG_0002.aae"),
    _sidecar("properties of Lightroom", d.xmp, "IMG_0001.xmp"),
    _sidecar("properties of Google Photos", d.takeout, "IMG_0001.JPG.json"),
    _sidecar("properties of Google Photos of today", d.takeout, "IMG_0001.JPG.supplemental-metadata.json"),
    _sidecar("properties with a name cut short", d.takeout, "IMG_0001.JPG.suppl.json"),
    _sidecar("properties of any program", lambda: b'{"rating": 5}', "IMG_0001.HEIC.json"),
    _sidecar("edits of a raw developer", lambda: b"[Version]\nAppVersion=5\n", "IMG_0001.jpg.pp3"),
    _sidecar("a folder of Picasa", lambda: b"[Picasa]\nname=Album\n", "Picasa.ini"),
    Case(
        what="a photo of an album's export",
        files=[("1.jpg", p.jpeg), ("1.jpg.json", d.takeout), ("1.AAE", d.adjustments)],
        verdicts={"1.jpg": "usable", "1.jpg.json": "sidecar", "1.AAE": "sidecar"},
    ),
    one(
        "a Mac's own, by another name",
        lambda: b"\0\5\x16\7\0\2\0\0" + bytes(80),
        "system_file",
        name="photo_1.jpg",
    ),
    one(
        "a Mac's folder settings by another name",
        lambda: b"\0\0\0\1Bud1" + bytes(80),
        "system_file",
        name="DS_Store",
    ),
]

LINKS = [
    one("a shortcut of Windows", lambda: b"L\0\0\0\1\x14\2\0" + bytes(80), "link", name="1.jpg.lnk"),
    one(
        "a link of a browser",
        lambda: b"[InternetShortcut]\r\nURL=https://a.example/\r\n",
        "link",
        name="1.url",
    ),
    one(
        "a pointer of Git LFS",
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        "link",
    ),
    one("an address", lambda: b"https://example.com/photos/1.jpg\n", "link"),
    one("a path of a phone", lambda: b"/var/mobile/Media/DCIM/100APPLE/IMG_0001.HEIC", "link"),
    one("a path of Windows", lambda: b"C:\\Users\\a\\Pictures\\1.jpg\r\n", "link"),
    one("a temporary path of WeChat", lambda: b"wxfile://tmp_1234567890.jpg", "link"),
]


def _text(what: str, make: Make, name: str) -> Case:
    return one(what, make, "text_file", name=name)


TEXTS = [
    _text("text", lambda: "拍摄于北京\n".encode(), "notes.txt"),
    _text("text in GBK", lambda: "照片说明：二〇二六年七月拍摄于北京。".encode("gbk"), "说明.txt"),
    _text("text in UTF-16", lambda: "拍摄于北京\r\n".encode("utf-16"), "notes.txt"),
    _text("text that is called .jpg", lambda: b"my photo\n", "1.jpg"),
    _text("a table", lambda: b"name,file\nAnna,1.jpg\n", "people.csv"),
    _text("JSON", lambda: b'{"person": "anna", "photos": ["1.jpg"]}', "list.json"),
    _text("XML", lambda: b'<?xml version="1.0"?><album><photo/></album>', "album.xml"),
    _text("a long text", lambda: ("照片" * 50_000).encode(), "long.txt"),
    _text("a text of more than 20 MB", lambda: b"a line of a log\n" * 1_400_000, "app.log"),
]
