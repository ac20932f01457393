"""The verdicts on zips and on what lies in them, in words: why, and what to do now."""

from __future__ import annotations

from shared.domain.photos import Verdict
from shared.domain.words import VerdictWords, Words

OF_ZIPS: dict[Verdict, VerdictWords] = {
    Verdict.UNPACKING: VerdictWords(
        Words(
            "The zip is being unpacked; its photos appear one by one.",
            "压缩包正在解压，其中的照片会陆续出现。",
        ),
        Words("Nothing needs to be done; it goes on by itself.", "无需操作，系统会自动完成。"),
    ),
    Verdict.UNPACKED: VerdictWords(
        Words(
            "The zip has been unpacked; each of its photos has its own verdict.",
            "压缩包已解压，其中每张照片各有检查结果。",
        ),
        Words("Nothing needs to be done.", "无需操作。"),
    ),
    Verdict.NOT_AN_ARCHIVE: VerdictWords(
        Words("The file cannot be read as a zip.", "无法识别为 zip 压缩包。"),
        Words(
            "Make the zip again, or upload the photos themselves.", "请重新打包为 zip，或直接上传这些照片。"
        ),
    ),
    Verdict.SPLIT_ARCHIVE: VerdictWords(
        Words(
            "The file is one part of a split zip, which is not put together.",
            "这是分卷压缩包的一部分，系统不会合并分卷。",
        ),
        Words(
            "Zip the photos in smaller parts, each a whole zip by itself, and upload these.",
            "请将照片分成几批，每批单独打包成完整的 zip 后上传。",
        ),
    ),
    Verdict.SEVERAL_FOLDERS: VerdictWords(
        Words(
            "The zip has several folders with photos, which may be those of several people, so nothing was "
            "taken out.",
            "压缩包内有多个照片文件夹，可能属于不同的人，因此没有解压。",
        ),
        Words(
            "Upload one zip for each person, into the folder of that person. If all photos are of this "
            "person, put them into one folder and zip that.",
            "请为每个人单独打包，上传到各自的文件夹。如果都是同一个人的照片，请放入一个文件夹后重新打包。",
        ),
    ),
    Verdict.ARCHIVE_TOO_LARGE: VerdictWords(
        Words(
            "The zip is larger than 500 MB, or holds more than 500 photos.",
            "压缩包超过 500 MB，或照片超过 500 张。",
        ),
        Words("Upload the photos in smaller zips.", "请拆分成较小的压缩包上传。"),
    ),
    Verdict.ARCHIVE_FAILED: VerdictWords(
        Words("The zip could not be unpacked in several tries.", "压缩包多次解压失败。"),
        Words("Upload the photos themselves.", "请直接上传照片。"),
    ),
    Verdict.NESTED_ARCHIVE: VerdictWords(
        Words("An archive inside a zip is not opened.", "压缩包内的压缩包不会解压。"),
        Words("Upload the inner archive by itself, as a zip.", "请将内层压缩包单独以 zip 格式上传。"),
    ),
    Verdict.ENCRYPTED: VerdictWords(
        Words("The file is protected by a password.", "文件设有密码。"),
        Words("Make the zip again without a password.", "请取消密码后重新打包上传。"),
    ),
    Verdict.UNSAFE_NAME: VerdictWords(
        Words("The file's name inside the zip cannot be used.", "压缩包内的文件名无法使用。"),
        Words("Rename the file and make the zip again.", "请改名后重新打包上传。"),
    ),
    Verdict.LINK: VerdictWords(
        Words("The file is a link, not a photo.", "这是链接，不是照片。"),
        Words(
            "Upload the photo itself that the link leads to, or put it into the zip.",
            "请上传链接指向的照片本身，或将其放入压缩包。",
        ),
    ),
    Verdict.SYSTEM_FILE: VerdictWords(
        Words(
            "The file belongs to the operating system or a photo program and is not a photo.",
            "这是系统文件或照片附带的说明文件，不是照片。",
        ),
        Words("Nothing needs to be done.", "无需操作。"),
    ),
    Verdict.UNUSUAL_COMPRESSION: VerdictWords(
        Words(
            "The file is packed inside the zip in a way that is not read.",
            "压缩包内的文件使用了不支持的压缩方式。",
        ),
        Words(
            "Make the zip again with the usual compression (Deflate), in smaller parts where the program "
            "chooses another one for large zips, or upload the photo itself.",
            "请用常规压缩方式（Deflate）重新打包，文件较多时分成几个较小的压缩包，或直接上传照片。",
        ),
    ),
    Verdict.EXPANDS_TOO_MUCH: VerdictWords(
        Words(
            "The file, or the zip with it, unpacks to far more than its packed size, which photos do not.",
            "文件或整个压缩包解压后远超压缩大小，不像照片。",
        ),
        Words("Upload the file by itself if it is a photo.", "如确为照片，请直接上传。"),
    ),
    Verdict.BROKEN_ENTRY: VerdictWords(
        Words("The file is damaged inside the zip.", "压缩包内的文件已损坏。"),
        Words("Make the zip again, or upload the photo itself.", "请重新打包，或直接上传这张照片。"),
    ),
}
