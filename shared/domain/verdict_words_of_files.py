"""The verdicts on files that are no photos, or were not uploaded as they are, in words.

Which file gets which is the table of :mod:`shared.domain.file_kinds`.
"""

from __future__ import annotations

from shared.domain.photos import Verdict
from shared.domain.words import VerdictWords, Words

OF_FILES: dict[Verdict, VerdictWords] = {
    # -- photos that an upload has spoilt --------------------------------------------------------------
    Verdict.CUT_OFF: VerdictWords(
        Words(
            "The upload was cut off: the picture begins as it should, and its end is missing.",
            "上传中断：图片开头完整，但缺少结尾部分。",
        ),
        Words("Upload the whole photo again.", "请重新完整上传照片。"),
    ),
    Verdict.ALL_ZEROS: VerdictWords(
        Words(
            "The file holds nothing but zeros: a copy or a download has failed.",
            "文件内容全部为零，可能是复制或下载失败。",
        ),
        Words(
            "Fetch the photo again from where it comes from, and upload that.",
            "请从来源处重新获取照片，再上传。",
        ),
    ),
    Verdict.SENT_AS_TEXT: VerdictWords(
        Words(
            "The photo was uploaded as a text (Base64, for example), not as the bytes of its file.",
            "照片是以文本（例如 Base64）上传的，而不是文件的原始字节。",
        ),
        Words(
            "Send the bytes of the file: decode Base64 before the upload, and do not read the file as text.",
            "请上传文件的原始字节：上传前先解码 Base64，不要以文本方式读取文件。",
        ),
    ),
    Verdict.SENT_AS_FORM: VerdictWords(
        Words(
            "The body of a web form was stored, with the photo inside it.",
            "存储的是整个网页表单的内容，照片在其中。",
        ),
        Words(
            "Send the photo alone as the body of PutObject, or send the form to PostObject.",
            "请用 PutObject 只上传照片本身，或将表单提交到 PostObject。",
        ),
    ),
    Verdict.SENT_COMPRESSED: VerdictWords(
        Words("The photo was compressed with gzip on its way.", "照片在上传过程中被 gzip 压缩。"),
        Words(
            "Switch off the compression of uploads, and upload the photo again.",
            "请关闭上传压缩，然后重新上传照片。",
        ),
    ),
    Verdict.STRAY_BYTES: VerdictWords(
        Words("The picture begins behind other bytes.", "图片前面有多余的字节。"),
        Words(
            "Remove what stands before the picture (headers, blank lines, a byte order mark), and upload "
            "the rest.",
            "请去掉图片前面的内容（如响应头、空行、字节顺序标记），然后重新上传。",
        ),
    ),
    Verdict.WEB_PAGE: VerdictWords(
        Words("The file is a web page, not a photo.", "这是网页，不是照片。"),
        Words(
            "Download the picture itself, not the page that shows it, and upload that.",
            "请下载图片本身，而不是展示图片的网页，再上传。",
        ),
    ),
    Verdict.SERVICE_ANSWER: VerdictWords(
        Words(
            "The file is the answer of a service, mostly an error, and not the photo that was asked for.",
            "这是某个服务返回的内容（通常是错误信息），不是照片本身。",
        ),
        Words(
            "Download the photo again, with a link that has not expired, and upload that.",
            "请用未过期的链接重新下载照片，再上传。",
        ),
    ),
    Verdict.ENCRYPTED_FILE: VerdictWords(
        Words("The file is encrypted.", "文件已加密。"),
        Words(
            "Open the file in the program that has encrypted it, save the photo there, and upload that.",
            "请用加密该文件的程序打开，另存照片后再上传。",
        ),
    ),
    # -- pictures of another kind ----------------------------------------------------------------------
    Verdict.RAW_FILE: VerdictWords(
        Words("The file is a camera's raw file.", "这是相机的 RAW 原始文件。"),
        Words("Export the photo as JPEG, and upload that.", "请将照片导出为 JPEG 格式后上传。"),
    ),
    Verdict.OTHER_FORMAT: VerdictWords(
        Words(
            "The picture has a format that is not processed.",
            "图片格式不受支持。",
        ),
        Words(
            "Open the picture in a viewer, save it as JPEG or PNG, and upload that.",
            "请用看图软件打开，另存为 JPEG 或 PNG 格式后上传。",
        ),
    ),
    Verdict.ANIMATION: VerdictWords(
        Words("The file is an animation that is not processed.", "这是无法处理的动图。"),
        Words(
            "Save one picture of the animation as JPEG, and upload that.",
            "请将其中一帧另存为 JPEG 格式后上传。",
        ),
    ),
    Verdict.DRAWING: VerdictWords(
        Words("The file is a drawing made of lines, not a photo.", "这是矢量图，不是照片。"),
        Words("Upload a photo of the person.", "请上传人物的照片。"),
    ),
    # -- what is no picture ----------------------------------------------------------------------------
    Verdict.VIDEO: VerdictWords(
        Words("The file is a video, not a photo.", "这是视频，不是照片。"),
        Words(
            "Upload a photo instead, for example a still picture out of the video.",
            "请改为上传照片，例如从视频中截取的一帧画面。",
        ),
    ),
    Verdict.LIVE_PHOTO_VIDEO: VerdictWords(
        Words(
            "The file is the moving part of a Live Photo; only its still picture counts.",
            "这是实况照片的视频部分，只使用其中的静态照片。",
        ),
        Words("Nothing needs to be done.", "无需操作。"),
    ),
    Verdict.SIDECAR: VerdictWords(
        Words(
            "The file only describes a photo: edits, place or time.",
            "这是照片的附属文件，只记录编辑、地点或时间等信息。",
        ),
        Words("Nothing needs to be done.", "无需操作。"),
    ),
    Verdict.DOCUMENT: VerdictWords(
        Words("The file is a document, not a photo.", "这是文档，不是照片。"),
        Words(
            "Save the picture in the document as JPEG, and upload that.",
            "请将文档中的图片另存为 JPEG 格式后上传。",
        ),
    ),
    Verdict.TEXT_FILE: VerdictWords(
        Words("The file is a text, not a photo.", "这是文本文件，不是照片。"),
        Words(
            "Upload the photo if one was meant; a note beside the photos does no harm.",
            "如本意是上传照片，请上传照片本身；照片旁的说明文字不影响训练。",
        ),
    ),
    Verdict.OTHER_ARCHIVE: VerdictWords(
        Words("The file is an archive, but not a zip.", "这是压缩文件，但不是 zip 格式。"),
        Words(
            "Make a zip of the photos, without a password, and upload that.",
            "请将照片打包为不带密码的 zip 后上传。",
        ),
    ),
    Verdict.MISNAMED_ZIP: VerdictWords(
        Words(
            "The file is a zip, but its name does not end in .zip.",
            "这是 zip 压缩包，但文件名不以 .zip 结尾。",
        ),
        Words(
            "Rename the file so that it ends in .zip, and upload it again.",
            "请将文件改名为以 .zip 结尾，再重新上传。",
        ),
    ),
    Verdict.OTHER_FILE: VerdictWords(
        Words("The file is of a kind that holds no photo.", "这类文件不包含照片。"),
        Words("Upload photos only.", "请只上传照片。"),
    ),
}
