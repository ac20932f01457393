"""Videos, Live Photos, sounds, raw files, and pictures of formats that OSS does not process."""

from __future__ import annotations

from functools import partial

from PIL import Image

from aliyun_local.samples import encoded
from tests.uploads import media_files as m
from tests.uploads import pictures as p
from tests.uploads import raw_files as r
from tests.uploads.case import Case, Make, one

LARGE_BYTES = 21 * 1024 * 1024


def _video(what: str, make: Make, name: str, detail: str) -> Case:
    return one(what, make, "video", name=name, detail=detail)


VIDEOS = [
    _video("a video of a phone", partial(m.film, b"mp42"), "VID_20260701.mp4", "MPEG-4"),
    _video("a video of an iPhone", partial(m.film, b"qt  "), "IMG_0001.MOV", "QuickTime"),
    _video("a video without a name's end", partial(m.film, b"iso6"), "clip", "MPEG-4"),
    _video("a video that is called .jpg", partial(m.film, b"isom"), "1.jpg", "MPEG-4"),
    _video("a video in H.264's own brand", partial(m.film, b"avc1"), "1.mp4", "MPEG-4"),
    _video("a video of an old phone", partial(m.film, b"3gp5"), "1.3gp", "3GPP"),
    _video("a video of iTunes", partial(m.film, b"M4V "), "1.m4v", "MPEG-4"),
    _video("a QuickTime video of before 2001", m.old_film, "1.mov", "QuickTime"),
    _video("an AVI", m.avi, "1.avi", "AVI"),
    _video("a Matroska video", m.matroska, "1.mkv", "Matroska"),
    _video("a WebM video", partial(m.matroska, b"webm"), "1.webm", "WebM"),
    _video("a Windows Media video", m.windows_media, "1.wmv", "Windows Media"),
    _video("a Flash video", m.flash, "1.flv", "Flash video"),
    _video("an MPEG video", m.program_stream, "1.mpg", "MPEG"),
    _video("a video of a camcorder", m.transport_stream, "00001.MTS", "transport stream"),
    _video("an Ogg video", partial(m.ogg, b"\x80theora\x03\x02\x01"), "1.ogv", "Ogg"),
    _video(
        "a video of more than 20 MB", partial(m.film, b"mp42", picture_bytes=LARGE_BYTES), "1.mp4", "MPEG-4"
    ),
    _video("a video cut off in the middle", lambda: p.cut(m.film(), 0.5), "1.mp4", "MPEG-4"),
]

LIVE_PHOTOS = [
    one("a Live Photo's video", m.live_photo_film, "live_photo_video", name="IMG_0001.MOV"),
    one(
        "a Live Photo's video of more than 20 MB",
        partial(m.live_photo_film, picture_bytes=LARGE_BYTES),
        "live_photo_video",
        name="IMG_0001.MOV",
    ),
    Case(
        what="a Live Photo in two files",
        files=[("IMG_0001.HEIC", p.heic), ("IMG_0001.MOV", m.live_photo_film)],
        verdicts={"IMG_0001.HEIC": "usable", "IMG_0001.MOV": "live_photo_video"},
    ),
    Case(
        what="a Live Photo whose video comes first",
        files=[("IMG_0001.MOV", m.live_photo_film), ("IMG_0001.HEIC", p.heic)],
        verdicts={"IMG_0001.MOV": "live_photo_video", "IMG_0001.HEIC": "usable"},
    ),
    Case(
        what="a Live Photo without its properties, known by its still",
        files=[("a/IMG_0001.JPG", p.jpeg), ("a/img_0001.mov", partial(m.film, b"qt  "))],
        verdicts={"a/IMG_0001.JPG": "usable", "a/img_0001.mov": "live_photo_video"},
    ),
    Case(
        what="a motion photo in two files",
        files=[("PXL_1.jpg", p.jpeg), ("PXL_1.mp4", m.film)],
        verdicts={"PXL_1.jpg": "usable", "PXL_1.mp4": "live_photo_video"},
    ),
    Case(
        what="a video beside a photo of another name",
        files=[("IMG_0001.JPG", p.jpeg), ("IMG_0002.MOV", partial(m.film, b"qt  "))],
        verdicts={"IMG_0001.JPG": "usable", "IMG_0002.MOV": "video"},
    ),
    one("a motion photo in one file", lambda: p.jpeg() + m.film(), name="MVIMG_1.jpg"),
]

SOUNDS = [
    one("a recording of a phone", partial(m.film, b"M4A "), "other_file", name="1.m4a", detail="sound"),
    one("an MP3", m.mp3, "other_file", name="1.mp3", detail="MP3"),
    one("a WAVE", m.wave, "other_file", name="1.wav", detail="WAVE"),
    one("an Ogg sound", partial(m.ogg, b"OpusHead\x01\x02"), "other_file", name="1.ogg", detail="Ogg"),
    one("a voice message", lambda: b"#!AMR\n" + bytes(200), "other_file", name="1.amr", detail="AMR"),
    one("WeChat's voice message", lambda: b"\x02#!SILK_V3" + bytes(200), "other_file", name="1.silk"),
]


def _raw(what: str, make: Make, name: str, detail: str) -> Case:
    return one(what, make, "raw_file", name=name, detail=detail)


RAWS = [
    _raw("a DNG", partial(r.raw, dng=True), "IMG_0001.DNG", "DNG"),
    _raw("a DNG that is called .tif", partial(r.raw, dng=True, size=(256, 171)), "1.tif", "DNG"),
    _raw("a DNG whose preview is small", partial(r.raw, dng=True, size=(160, 120)), "1.jpg", "DNG"),
    _raw("a big-endian DNG", partial(r.raw, order=">", dng=True), "1.dng", "DNG"),
    _raw("a DNG of more than 20 MB", lambda: r.raw(dng=True) + bytes(LARGE_BYTES), "1.dng", "DNG"),
    _raw("a NEF", partial(r.raw, order=">"), "DSC_0001.NEF", "NEF"),
    _raw("an ARW", partial(r.raw, b"SONY\0"), "DSC00001.ARW", "ARW"),
    _raw("an ARW without a mark", partial(r.raw, b"SONY\0", reduced=False), "DSC00002.ARW", "ARW"),
    _raw("a PEF", partial(r.raw, b"PENTAX\0"), "1.pef", "PEF"),
    _raw("a raw file that is called .jpg", partial(r.raw, size=(160, 120)), "1.jpg", "TIFF/EP"),
    _raw("a CR2", r.canon_cr2, "IMG_0001.CR2", "CR2"),
    _raw("a CR3", r.canon_cr3, "IMG_0001.CR3", "CR3"),
    _raw("a CRW", lambda: b"II\x1a\0\0\0HEAPCCDR" + bytes(900), "CRW_0001.CRW", "CRW"),
    _raw("an ORF", lambda: b"IIRO\x08\0\0\0" + bytes(900), "P1010001.ORF", "ORF"),
    _raw("an RW2", lambda: b"IIU\0\x18\0\0\0" + bytes(900), "P1000001.RW2", "RW2"),
    _raw("a RAF", r.fujifilm, "DSCF0001.RAF", "RAF"),
    _raw("an X3F", lambda: b"FOVb\0\0\2\0" + bytes(900), "SDIM0001.X3F", "X3F"),
    _raw("an MRW", lambda: b"\0MRM" + bytes(900), "PICT0001.MRW", "MRW"),
    one("a JPEG that is called .dng", p.jpeg, name="IMG_0001.dng"),
]


def _rare(what: str, make: Make, name: str, detail: str) -> Case:
    return one(what, make, "other_format", name=name, detail=detail)


def _icon() -> bytes:
    return encoded(p.face().resize((256, 256)), "ICO")


RARE_FORMATS = [
    _rare("a Photoshop file", r.photoshop, "1.psd", "Photoshop"),
    _rare(
        "a Photoshop file of more than 20 MB",
        lambda: r.photoshop() + bytes(LARGE_BYTES),
        "2.psd",
        "Photoshop",
    ),
    _rare("an icon", _icon, "favicon.ico", "icon"),
    _rare("a JPEG 2000", lambda: encoded(p.face(), "JPEG2000"), "a.jp2", "JPEG 2000"),
    _rare(
        "a codestream of JPEG 2000", lambda: encoded(p.face(), "JPEG2000", no_jp2=True), "a.j2k", "JPEG 2000"
    ),
    _rare("a JPEG XL", r.jpeg_xl, "a.jxl", "JPEG XL"),
    _rare("a codestream of JPEG XL", lambda: b"\xff\x0a\xfa\x1f" + bytes(90), "b.jxl", "JPEG XL"),
    _rare("a portable pixmap", lambda: encoded(p.face(), "PPM"), "a.ppm", "portable map"),
    _rare("a Targa", lambda: encoded(p.face(), "TGA"), "a.tga", "Targa"),
    _rare("a DirectDraw surface", lambda: encoded(p.face(), "DDS"), "a.dds", "DirectDraw"),
    _rare("a GIMP file", lambda: b"gimp xcf v011\0" + bytes(200), "a.xcf", "GIMP"),
    _rare("an OpenEXR", r.open_exr, "a.exr", "OpenEXR"),
    _rare("a Radiance picture", r.radiance, "a.hdr", "Radiance"),
    _rare("a picture of a hospital", r.dicom, "a.dcm", "DICOM"),
    _rare("a BigTIFF", r.bigtiff, "a.tif", "BigTIFF"),
    _rare("a HEIC with transparency", lambda: p.heic(mode="RGBA"), "a.heic", "transparency"),
    one("an animated WebP", lambda: p.animated("WEBP"), "animation", detail="WebP"),
    one(
        "an SVG",
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"/>',
        "drawing",
        detail="SVG",
    ),
    one(
        "an SVG with a prologue",
        lambda: b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        "drawing",
        name="logo.svg",
    ),
    one("a metafile of Windows", r.enhanced_metafile, "drawing", name="a.emf", detail="EMF"),
    one("an old metafile of Windows", lambda: b"\xd7\xcd\xc6\x9a" + bytes(40), "drawing", name="a.wmf"),
]

NARROW = [
    one(
        "a screenshot of 1080 by 12000 pixels",
        lambda: p.sized(1080, 12_000, "PNG"),
        "too_narrow",
        detail="1080 x 12000",
    ),
    one(
        "a long JPEG of 1080 by 12000 pixels",
        lambda: p.sized(1080, 12_000),
        "too_narrow",
        detail="1080 x 12000",
    ),
    one(
        "a panorama of 12000 by 1000 pixels",
        lambda: p.sized(12_000, 1000),
        "too_narrow",
        detail="12000 x 1000",
    ),
    one(
        "a WebP of 900 by 9000 pixels", lambda: p.sized(900, 9000, "WEBP"), "too_narrow", detail="900 x 9000"
    ),
    one("a HEIC of 400 by 4000 pixels", lambda: p.sized(400, 4000, "HEIF"), "too_narrow", detail="x 4000"),
    one("a BMP of 300 by 3000 pixels", lambda: p.sized(300, 3000, "BMP"), "too_narrow", detail="300 x 3000"),
    one(
        "a TIFF of 300 by 3000 pixels", lambda: p.sized(300, 3000, "TIFF"), "too_narrow", detail="300 x 3000"
    ),
    one("a GIF of 300 by 3000 pixels", lambda: p.sized(300, 3000, "GIF"), "too_narrow", detail="300 x 3000"),
    one("a strip of 2048 by 200 pixels", lambda: p.sized(2048, 200), "too_few_pixels", detail="2048 x 200"),
    one("a strip of 9000 by 255 pixels", lambda: p.sized(9000, 255), "too_few_pixels", detail="9000 x 255"),
    one("a preview of 160 by 120 pixels", lambda: p.sized(160, 120), "too_few_pixels", detail="160 x 120"),
]

PICTURE_OF_NOBODY_KNOWS = [
    one(
        "a PCX", lambda: encoded(p.face(), "PCX"), "not_an_image", name="a.pcx", detail="begins with 0a 05 01"
    ),
    one(
        "a picture of Silicon Graphics",
        lambda: encoded(p.face(), "SGI"),
        "not_an_image",
        detail="begins with 01 da",
    ),
    one(
        "a plain picture without a head",
        lambda: Image.new("RGB", (8, 8), "red").tobytes(),
        "not_an_image",
        detail="ff 00 00",
    ),
]
