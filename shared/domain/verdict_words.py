"""Every verdict in words: why, and what to do now.

Here are those of photos; the words of files that are no photos are in
:mod:`shared.domain.verdict_words_of_files`, of zips and what lies in them in
:mod:`shared.domain.verdict_words_of_zips`. Used by :mod:`shared.domain.reasons`.
"""

from __future__ import annotations

from shared.domain.photos import Verdict
from shared.domain.verdict_words_of_files import OF_FILES
from shared.domain.verdict_words_of_zips import OF_ZIPS
from shared.domain.words import VerdictWords, Words

NOTHING = Words("Nothing needs to be done.", "无需操作。")
AUTOMATIC = Words("Nothing needs to be done; it goes on by itself.", "无需操作，系统会自动完成。")

OF_PHOTOS: dict[Verdict, VerdictWords] = {
    Verdict.USABLE: VerdictWords(
        Words("The photo can be used for training.", "照片合格，可用于训练。"),
        NOTHING,
    ),
    Verdict.UNPREPARED: VerdictWords(
        Words("The photo is still to be prepared for the face check.", "照片等待处理，之后进行人脸检测。"),
        AUTOMATIC,
    ),
    Verdict.UNCHECKED: VerdictWords(
        Words("The face check of the photo is still to come.", "照片正在等待人脸检测。"),
        AUTOMATIC,
    ),
    Verdict.EMPTY: VerdictWords(
        Words("The file is empty.", "文件为空。"),
        Words("Upload the photo again.", "请重新上传照片。"),
    ),
    Verdict.TOO_MANY_BYTES: VerdictWords(
        Words(
            "The picture is larger than 20 MB, or than 5 MB once it is prepared.",
            "图片超过 20 MB，或处理后仍超过 5 MB。",
        ),
        Words(
            "Upload a smaller version, for example the photo saved as JPEG.",
            "请上传更小的版本，例如另存为 JPEG 格式的照片。",
        ),
    ),
    Verdict.NOT_AN_IMAGE: VerdictWords(
        Words("The file cannot be read as a picture.", "无法识别为图片。"),
        Words(
            "Upload the photo as JPEG, HEIC, PNG or WebP.",
            "请上传 JPEG、HEIC、PNG 或 WebP 格式的照片。",
        ),
    ),
    Verdict.TOO_FEW_PIXELS: VerdictWords(
        Words("The picture has fewer than 256 pixels on a side.", "图片有一边不足 256 像素。"),
        Words(
            "Upload the photo in its original size, not a preview of it.",
            "请上传原尺寸的照片，不要上传缩略图。",
        ),
    ),
    Verdict.TOO_NARROW: VerdictWords(
        Words(
            "The picture is more than 8 times as long as it is wide: shrunk to 2048 pixels, it has fewer "
            "than 256 on its short side.",
            "图片过于狭长，长边超过短边的 8 倍；缩小到 2048 像素后，短边不足 256 像素。",
        ),
        Words(
            "Crop the picture around the face, to at least 256 pixels on each side, and upload that.",
            "请围绕人脸裁剪图片，每边至少保留 256 像素，然后上传。",
        ),
    ),
    Verdict.TOO_MANY_PIXELS: VerdictWords(
        Words("The picture has too many pixels to be processed.", "图片像素过多，无法处理。"),
        Words(
            "Shrink the picture to at most 4096 pixels on each side, and upload that.",
            "请将图片缩小到每边不超过 4096 像素，然后上传。",
        ),
    ),
    Verdict.DUPLICATE: VerdictWords(
        Words("The same picture has been uploaded already.", "相同的照片已上传过。"),
        Words(
            "Nothing needs to be done; to add a photo, upload a different one.",
            "无需操作；如需补充，请上传其他照片。",
        ),
    ),
    Verdict.NO_FACE: VerdictWords(
        Words("No face was found.", "未检测到人脸。"),
        Words("Upload a photo that shows the face from the front.", "请上传清晰的正脸照片。"),
    ),
    Verdict.SEVERAL_FACES: VerdictWords(
        Words("More than one face was found.", "检测到多张人脸。"),
        Words("Upload a photo of this person alone.", "请上传本人的单人照片。"),
    ),
    Verdict.UNFIT: VerdictWords(
        Words("The face check refused the photo.", "人脸检测未通过。"),
        Words("Upload a clear photo of one face.", "请上传只有一张清晰人脸的照片。"),
    ),
    Verdict.UNREADABLE: VerdictWords(
        Words(
            "The photo could not be read in several tries: it may be archived, encrypted, or not permitted "
            "to be read.",
            "多次尝试后仍无法读取照片，可能已归档、已加密或没有读取权限。",
        ),
        Words(
            "Upload the photo again, in the storage class Standard.",
            "请重新上传照片，存储类型请选择标准存储。",
        ),
    ),
    Verdict.NOT_JUDGED: VerdictWords(
        Words(
            "The face check of this photo failed in several tries, while it worked for others.",
            "这张照片多次未能完成人脸检测，而其他照片可以。",
        ),
        Words("Upload the photo again, or another one.", "请重新上传，或换一张照片。"),
    ),
    Verdict.SIMILAR: VerdictWords(
        Words(
            "A photo that is nearly the same is trained on in its place.",
            "已选用另一张几乎相同的照片进行训练。",
        ),
        NOTHING,
    ),
    Verdict.OVER_LIMIT: VerdictWords(
        Words(
            "A training uses at most 10 photos of a set, those that differ most and then the newest; "
            "this one is not among them.",
            "每次训练最多使用 10 张照片，优先选用差异最大的，其次选用最新的；这张不在其中。",
        ),
        NOTHING,
    ),
    Verdict.LEFT_OUT: VerdictWords(
        Words(
            "The zip that this photo came in has been replaced or deleted, so the photo is left out.",
            "照片所在的压缩包已被替换或删除，因此不再使用这张照片。",
        ),
        Words("Upload the photo itself to use it.", "如需使用，请直接上传这一张。"),
    ),
}

VERDICTS: dict[Verdict, VerdictWords] = {**OF_PHOTOS, **OF_FILES, **OF_ZIPS}
