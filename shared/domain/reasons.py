"""Verdicts and our own reasons in plain words, in English and in Chinese, with what to do next.

What blocks a job, and what to do about it, has words in :mod:`shared.domain.remedies`.

Called by ``views`` for the documents, and by ``job`` for the reason of a rejected set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import NamedTuple

from shared.domain.object_keys import MAX_PERSON_BYTES, PEOPLE_PREFIX
from shared.domain.photos import Photo, Verdict


class Language(str, Enum):
    """A language of the answers, by its BCP 47 tag."""

    ENGLISH = "en"
    CHINESE = "zh"


class Words(NamedTuple):
    """One text in both languages."""

    english: str
    chinese: str

    def in_language(self, language: Language) -> str:
        """Return the text in ``language``."""
        return self.chinese if language is Language.CHINESE else self.english


VERDICTS: dict[Verdict, Words] = {
    Verdict.USABLE: Words(
        "The photo can be used for training.",
        "照片合格，可用于训练。",
    ),
    Verdict.UNPREPARED: Words(
        "The photo is still to be prepared for the face check; that is done automatically.",
        "照片等待处理，之后进行人脸检测；系统会自动完成，无需操作。",
    ),
    Verdict.UNCHECKED: Words(
        "The face check is still to come; it is repeated automatically.",
        "照片正在等待人脸检测，系统会自动重试，无需操作。",
    ),
    Verdict.EMPTY: Words(
        "The file is empty; upload it again.",
        "文件为空，请重新上传。",
    ),
    Verdict.TOO_MANY_BYTES: Words(
        "The file is larger than 20 MB, or than 5 MB once it is prepared; upload a smaller version.",
        "文件超过 20 MB，或处理后仍超过 5 MB，请上传更小的版本。",
    ),
    Verdict.NOT_AN_IMAGE: Words(
        "The file cannot be read as a picture; upload a JPEG, HEIC, PNG or WebP, but no animated WebP and "
        "no HEIC with transparency.",
        "无法识别为图片，请上传 JPEG、HEIC、PNG 或 WebP 格式的照片（动态 WebP 和带透明通道的 HEIC 除外）。",
    ),
    Verdict.TOO_FEW_PIXELS: Words(
        "The picture has fewer than 256 pixels on a side; upload a larger one.",
        "图片有一边不足 256 像素，请上传分辨率更高的照片。",
    ),
    Verdict.TOO_MANY_PIXELS: Words(
        "The picture has too many pixels to be processed; upload a smaller one.",
        "图片像素过多，无法处理，请缩小后重新上传。",
    ),
    Verdict.DUPLICATE: Words(
        "The same picture has been uploaded already; to add one, upload a different picture.",
        "相同的照片已上传过；如需补充，请上传其他照片。",
    ),
    Verdict.NO_FACE: Words(
        "No face was found; upload a photo that shows the face from the front.",
        "未检测到人脸，请上传清晰的正脸照片。",
    ),
    Verdict.SEVERAL_FACES: Words(
        "More than one face was found; upload a photo of this person alone.",
        "检测到多张人脸，请上传本人的单人照片。",
    ),
    Verdict.UNFIT: Words(
        "The face check refused the photo; upload a clear photo of one face.",
        "人脸检测未通过，请上传只有一张清晰人脸的照片。",
    ),
    Verdict.UNREADABLE: Words(
        "The photo could not be read in several tries: it may be archived, encrypted, or not permitted to be "
        "read; upload it again.",
        "多次尝试后仍无法读取照片，可能已归档、已加密或没有读取权限，请重新上传。",
    ),
    Verdict.NOT_JUDGED: Words(
        "The face check of this photo failed in several tries, while it worked for others; "
        "upload the photo again, or another one.",
        "这张照片多次未能完成人脸检测，而其他照片可以；请重新上传，或换一张照片。",
    ),
    Verdict.OVER_LIMIT: Words(
        "A training uses the 10 newest photos of a set; this one is not among them.",
        "每次训练只使用最新的 10 张照片，这张不在其中。",
    ),
    Verdict.LEFT_OUT: Words(
        "The zip that this photo came in has been replaced or deleted, so the photo is left out; "
        "to use it, upload the photo itself.",
        "照片所在的压缩包已被替换或删除，因此不再使用这张照片；如需使用，请直接上传照片。",
    ),
    Verdict.UNPACKING: Words(
        "The zip is being unpacked; its photos appear one by one.",
        "压缩包正在解压，其中的照片会陆续出现。",
    ),
    Verdict.UNPACKED: Words(
        "The zip has been unpacked; each of its photos has its own verdict.",
        "压缩包已解压，其中每张照片各有检查结果。",
    ),
    Verdict.NOT_AN_ARCHIVE: Words(
        "The file cannot be read as a zip; make the zip again or upload the photos themselves.",
        "无法识别为 zip 压缩包，请重新打包，或直接上传照片。",
    ),
    Verdict.OTHER_ARCHIVE: Words(
        "The file is an archive, but not a zip; make a zip of the photos, without a password, and upload "
        "that.",
        "这是压缩文件，但不是 zip 格式；请将照片打包为不带密码的 zip 后上传。",
    ),
    Verdict.SPLIT_ARCHIVE: Words(
        "The file is one part of a split zip, which is not put together; zip the photos in smaller parts, "
        "each a whole zip by itself, and upload these.",
        "这是分卷压缩包的一部分，系统不会合并分卷；请将照片分成几批，每批单独打包成完整的 zip 后上传。",
    ),
    Verdict.SEVERAL_FOLDERS: Words(
        "The zip has several folders with photos, which may be those of several people, so nothing was taken "
        "out; upload one zip for each person, into the folder of that person. If all photos are of this "
        "person, put them into one folder and zip that.",
        "压缩包内有多个照片文件夹，可能属于不同的人，因此没有解压；请为每个人单独打包，"
        "上传到各自的文件夹。如果都是同一个人的照片，请放入一个文件夹后重新打包。",
    ),
    Verdict.ARCHIVE_TOO_LARGE: Words(
        "The zip is larger than 500 MB, or holds more than 500 photos; upload the photos in smaller zips.",
        "压缩包超过 500 MB，或照片超过 500 张，请拆分成较小的压缩包上传。",
    ),
    Verdict.ARCHIVE_FAILED: Words(
        "The zip could not be unpacked in several tries; upload the photos themselves.",
        "压缩包多次解压失败，请直接上传照片。",
    ),
    Verdict.NESTED_ARCHIVE: Words(
        "An archive inside a zip is not opened; upload it by itself, as a zip.",
        "压缩包内的压缩包不会解压，请将其单独以 zip 格式上传。",
    ),
    Verdict.ENCRYPTED: Words(
        "The file is protected by a password; make the zip without one.",
        "文件设有密码，请取消密码后重新打包上传。",
    ),
    Verdict.UNSAFE_NAME: Words(
        "The file's name inside the zip cannot be used; rename it and make the zip again.",
        "压缩包内的文件名无法使用，请改名后重新打包上传。",
    ),
    Verdict.LINK: Words(
        "The file is a link, not a photo; upload the photo itself, or put it into the zip.",
        "这是链接，不是照片，请上传照片本身，或将其放入压缩包。",
    ),
    Verdict.SYSTEM_FILE: Words(
        "The file belongs to the operating system or a photo program and is not a photo; "
        "nothing needs to be done.",
        "这是系统文件或照片附带的说明文件，不是照片，无需处理。",
    ),
    Verdict.VIDEO: Words(
        "The file is a video, not a photo; upload a photo instead, for example a still picture out of the "
        "video.",
        "这是视频，不是照片；请改为上传照片，例如从视频中截取的一帧画面。",
    ),
    Verdict.LIVE_PHOTO_VIDEO: Words(
        "The file is the moving part of a Live Photo, of which only the still picture counts; nothing needs "
        "to be done.",
        "这是实况照片的视频部分，只使用其中的静态照片，无需处理。",
    ),
    Verdict.UNUSUAL_COMPRESSION: Words(
        "The file is packed inside the zip in a way that is not read; make the zip again with the usual "
        "compression (Deflate), in smaller parts where the program chooses another one for large zips, or "
        "upload the photo itself.",
        "压缩包内的文件使用了不支持的压缩方式；请用常规压缩方式（Deflate）重新打包，"
        "文件较多时分成几个较小的压缩包，或直接上传照片。",
    ),
    Verdict.EXPANDS_TOO_MUCH: Words(
        "The file, or the zip with it, unpacks to far more than its packed size, which photos do not; "
        "if it is a photo, upload it by itself.",
        "文件或整个压缩包解压后远超压缩大小，不像照片；如确为照片，请直接上传。",
    ),
    Verdict.BROKEN_ENTRY: Words(
        "The file is damaged inside the zip; make the zip again or upload the photo itself.",
        "压缩包内的文件已损坏，请重新打包，或直接上传照片。",
    ),
}

NO_PHOTO = Words(
    "No photo arrived; upload photos and the set opens again.",
    "没有收到照片，请上传照片，照片集会自动重新打开。",
)

CHINESE_REASONS: dict[str, str] = {
    "no_time": "函数运行太慢，未能提交训练，系统会自动再次提交。",
    "submit_lost": "上一次提交没有到达 DashScope，系统会自动再次提交。",
    "canceled_at_dashscope": "训练任务已在 DashScope 被取消；上传新照片即可重新训练。",
    "training_overdue": "训练超时未结束，已放弃；上传新照片即可重新训练。",
    "fine_tune_vanished": "DashScope 上已找不到该训练任务；上传新照片即可重新训练。",
    "fine_tunes_full": "账号下运行中和已成功的训练任务数已达上限；"
    "请删除不再需要的模型，或申请提高上限后修改 KEPT_FINE_TUNES。",
    "unreadable_row": "当前版本的代码无法读取该任务的记录，请部署更新的版本。",
    "unreachable": "无法连接 DashScope，系统会自动重试。",
    "unreadable_answer": "无法解析 DashScope 的响应，系统会自动重试。",
    "list_incomplete": "无法完整读取 DashScope 的训练任务列表，系统会自动重试。",
    "submit_unclear": "DashScope 没有答复提交，同一时段的训练任务可能属于此次训练；系统没有重复付费提交。"
    "请在控制台核对；上传新照片即可重新训练。",
    "photos_lost": "已处理的照片和上传的原图都已不存在；上传照片即可重新训练。",
    "earlier_result": "存储空间中已有此人更早的训练结果，不会再次付费训练。",
    "other_spelling": "此照片集归入同名人员（Unicode 组合形式的名称），照片不会丢失，无需操作。",
    "result_unreadable": "存储空间中的结果文件无法读取；如有需要，请上传新照片重新训练。",
}
"""Reasons of our own, by their code, in Chinese. A job keeps the English sentence; DashScope's own words and
codes are shown as they are."""


IGNORED: dict[str, Words] = {
    "not_of_people": Words(
        f"The object is not under {PEOPLE_PREFIX}; put photos into {PEOPLE_PREFIX}<person>/.",
        f"对象不在 {PEOPLE_PREFIX} 下，请将照片放入 {PEOPLE_PREFIX}<person>/。",
    ),
    "beside_the_folders": Words(
        f"The object lies beside the people's folders, not in one; put it into {PEOPLE_PREFIX}<person>/.",
        f"对象与人员文件夹并列，不在任何文件夹中，请放入 {PEOPLE_PREFIX}<person>/。",
    ),
    "unusable_person": Words(
        f"The folder's name cannot be a person's: that has 1 to {MAX_PERSON_BYTES} bytes of UTF-8, without "
        "control characters, and does not begin with '.'; rename the folder.",
        f"文件夹名不能用作人员名称：须为 1 到 {MAX_PERSON_BYTES} 字节的 UTF-8 文本，不含控制字符，"
        "不以“.”开头；请重命名。",
    ),
    "marker_in_subfolder": Words(
        "The marker lies in a sub-folder, where it closes nothing; "
        f"put it right into {PEOPLE_PREFIX}<person>/.",
        f"标记文件放在了子文件夹中，不起作用；请直接放入 {PEOPLE_PREFIX}<person>/。",
    ),
    "unusable_marker": Words(
        "The marker's content cannot be used, so it speaks for the photos that have arrived; "
        'leave it empty, or write {"photos": 5} or {"names": ["1.jpg"]}.',
        "标记文件的内容无法使用，视为空标记，只代表已收到的照片；请留空，"
        '或写成 {"photos": 5} 或 {"names": ["1.jpg"]}。',
    ),
    "folder_marker": Words(
        "The object only marks a folder; nothing needs to be done.",
        "该对象只是文件夹标记，无需处理。",
    ),
    "system_file": Words(
        "The file is hidden, or of the operating system, and no photo; nothing needs to be done.",
        "这是隐藏文件或系统文件，不是照片，无需处理。",
    ),
    "unusable_name": Words(
        "The file's name is not valid UTF-8, or holds a control character or an empty, '.' or '..' part; "
        "rename the file and upload it again.",
        "文件名不是有效的 UTF-8，或含有控制字符，或其中一段为空、“.”或“..”；请改名后重新上传。",
    ),
}
"""Why an upload belongs to nobody, by the codes of :class:`shared.domain.object_keys.Ignored`."""


def reason(verdict: Verdict, language: Language = Language.ENGLISH) -> str:
    """Return the verdict in plain words, with what to do."""
    return VERDICTS[verdict].in_language(language)


def in_words(code: str, message: str, language: Language) -> str:
    """Return the sentence of a reason that is stored as ``code`` and English ``message``."""
    return CHINESE_REASONS.get(code, message) if language is Language.CHINESE else message


def why_none_is_usable(photos: Iterable[Photo], language: Language = Language.ENGLISH) -> str:
    """Say for a set why there is nothing to train on: every different reason once."""
    return why_by_verdicts({photo.verdict for photo in photos if photo.is_new}, language)


def why_by_verdicts(verdicts: Collection[Verdict], language: Language = Language.ENGLISH) -> str:
    """Say why there is nothing to train on, from the ``verdicts`` on the photos that arrived for the set."""
    told = set(verdicts) - {Verdict.UNPACKED, Verdict.SYSTEM_FILE, Verdict.LIVE_PHOTO_VIDEO}
    if not told:
        return NO_PHOTO.in_language(language)
    between = " " if language is Language.ENGLISH else ""
    return between.join(sorted(reason(verdict, language) for verdict in told))
