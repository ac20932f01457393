"""Verdicts in plain words, with what to do: what people read of a photo, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from shared.domain.photos import Photo, Verdict


class Language(str, Enum):
    """A language that people are answered in, by its BCP 47 tag."""

    ENGLISH = "en"
    CHINESE = "zh"


_ENGLISH: dict[Verdict, str] = {
    Verdict.USABLE: "The photo can be used for training.",
    Verdict.UNCHECKED: "The photo waits for the face check; it is checked again by itself.",
    Verdict.EMPTY: "The file is empty; upload it again.",
    Verdict.TOO_MANY_BYTES: "The file is larger than 20 MB, or than 5 MB once it is prepared; "
    "upload a smaller version.",
    Verdict.NOT_AN_IMAGE: "The file cannot be read as a picture; upload a JPEG, HEIC, PNG or WebP.",
    Verdict.TOO_FEW_PIXELS: "The picture has fewer than 256 pixels on a side; upload a larger one.",
    Verdict.TOO_MANY_PIXELS: "The picture has too many pixels to be processed; upload a smaller one.",
    Verdict.DUPLICATE: "The same picture is already in this set.",
    Verdict.NO_FACE: "No face was found; upload a photo that shows the face from the front.",
    Verdict.SEVERAL_FACES: "More than one face was found; upload a photo of this person alone.",
    Verdict.UNFIT: "The face check refused the photo; upload a clear photo of one face.",
    Verdict.OVER_LIMIT: "A set trains on its 10 newest photos; this one is not among them.",
    Verdict.UNPACKING: "The zip is being unpacked; its photos appear one by one.",
    Verdict.UNPACKED: "The zip has been unpacked; its photos have verdicts of their own.",
    Verdict.NOT_AN_ARCHIVE: "The file cannot be read as a zip; "
    "make the zip again or upload the photos themselves.",
    Verdict.ARCHIVE_TOO_LARGE: "The zip is larger than 500 MB, or holds more than 500 files or 2 GB; "
    "upload the photos in smaller zips.",
    Verdict.ARCHIVE_FAILED: "The zip could not be unpacked in several tries; upload the photos themselves.",
    Verdict.NESTED_ARCHIVE: "An archive inside a zip is not opened; upload it by itself, as a zip.",
    Verdict.ENCRYPTED: "The file is protected by a password; make the zip without one.",
    Verdict.UNSAFE_NAME: "The file's name inside the zip cannot be used; rename it and make the zip again.",
    Verdict.LINK: "It is a link, not a photo; put the photo itself into the zip.",
    Verdict.SYSTEM_FILE: "It is a file of the computer's own, not a photo; nothing has to be done.",
    Verdict.EXPANDS_TOO_MUCH: "The file unpacks to more than 100 times its size, which no photo does.",
    Verdict.BROKEN_ENTRY: "The file is damaged inside the zip, or packed in an unusual way; "
    "make the zip again or upload the photo itself.",
}

_CHINESE: dict[Verdict, str] = {
    Verdict.USABLE: "照片合格，可用于训练。",
    Verdict.UNCHECKED: "照片正在等待人脸检测，系统会自动重试，无需操作。",
    Verdict.EMPTY: "文件是空的，请重新上传。",
    Verdict.TOO_MANY_BYTES: "文件超过 20 MB，或处理后仍超过 5 MB，请上传较小的版本。",
    Verdict.NOT_AN_IMAGE: "无法识别为图片，请上传 JPEG、HEIC、PNG 或 WebP 格式的照片。",
    Verdict.TOO_FEW_PIXELS: "图片的边长不足 256 像素，请上传更大的图片。",
    Verdict.TOO_MANY_PIXELS: "图片像素过多，无法处理，请上传较小的图片。",
    Verdict.DUPLICATE: "这一组里已有相同的图片。",
    Verdict.NO_FACE: "未检测到人脸，请上传正脸清晰的照片。",
    Verdict.SEVERAL_FACES: "检测到多张人脸，请上传本人的单人照片。",
    Verdict.UNFIT: "人脸检测未通过，请上传只有一张清晰人脸的照片。",
    Verdict.OVER_LIMIT: "每组只用最新的 10 张照片训练，这一张不在其中。",
    Verdict.UNPACKING: "压缩包正在解压，其中的照片会逐一出现。",
    Verdict.UNPACKED: "压缩包已解压，其中的照片各有结果。",
    Verdict.NOT_AN_ARCHIVE: "无法识别为 zip 压缩包，请重新打包或直接上传照片。",
    Verdict.ARCHIVE_TOO_LARGE: "压缩包超过 500 MB、含有超过 500 个文件或解压后超过 2 GB，"
    "请分成较小的压缩包上传。",
    Verdict.ARCHIVE_FAILED: "压缩包多次解压失败，请直接上传照片。",
    Verdict.NESTED_ARCHIVE: "压缩包里的压缩包不会被打开，请单独以 zip 格式上传。",
    Verdict.ENCRYPTED: "文件有密码保护，请不设密码重新打包。",
    Verdict.UNSAFE_NAME: "压缩包内的文件名无法使用，请改名后重新打包。",
    Verdict.LINK: "这是一个链接而不是照片，请把照片本身放进压缩包。",
    Verdict.SYSTEM_FILE: "这是系统文件，不是照片，无需处理。",
    Verdict.EXPANDS_TOO_MUCH: "文件解压后超过原大小的 100 倍，不会是照片。",
    Verdict.BROKEN_ENTRY: "压缩包内的文件已损坏或压缩方式特殊，请重新打包或直接上传照片。",
}

REASONS = {Language.ENGLISH: _ENGLISH, Language.CHINESE: _CHINESE}


def reason(verdict: Verdict, language: Language = Language.ENGLISH) -> str:
    """Return the verdict in plain words, with what to do."""
    return REASONS[language][verdict]


def why_none_is_usable(photos: Iterable[Photo], language: Language = Language.ENGLISH) -> str:
    """Say for a set why there is nothing to train on: every different reason once."""
    verdicts = {photo.verdict for photo in photos if photo.is_new} - {Verdict.UNPACKED, Verdict.SYSTEM_FILE}
    if verdicts:
        between = " " if language is Language.ENGLISH else ""
        return between.join(sorted(reason(verdict, language) for verdict in verdicts))
    if language is Language.CHINESE:
        return "没有收到照片，请上传照片，届时会自动重新开始。"
    return "No photo arrived; upload photos and the set opens again."


def preferred_language(accepted: str) -> Language:
    """Choose from an ``Accept-Language`` header (RFC 9110, 12.5.4); English when it asks for neither."""
    best, language = 0.0, Language.ENGLISH
    for part in accepted.split(","):
        tag, _, parameters = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        quality = _quality(parameters)
        if primary in ("en", "zh") and quality > best:
            best, language = quality, Language(primary)
    return language


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
