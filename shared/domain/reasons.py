"""Verdicts and our own reasons in plain words, in English and in Chinese, with what to do next.

The words of the verdicts are in :mod:`shared.domain.verdict_words`, which no upload loads that nobody is told
of. What blocks a job, and what to do about it, has words in :mod:`shared.domain.remedies`.

Called by ``views`` for the documents, and by ``job`` for the reason of a rejected set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from shared.domain.object_keys import CONSENT_NAME, MAX_PERSON_BYTES, PEOPLE_PREFIX
from shared.domain.photos import NEEDS_NOTHING, Photo, Verdict
from shared.domain.words import Language as Language
from shared.domain.words import VerdictWords
from shared.domain.words import Words as Words

NO_PHOTO = Words(
    "No photo arrived; upload photos and the set opens again.",
    "没有收到照片，请上传照片，照片集会自动重新打开。",
)

CHINESE_REASONS: dict[str, str] = {
    "no_time": "函数运行太慢，未能提交训练，系统会自动再次提交。",
    "submit_lost": "上一次提交没有到达 DashScope，系统会自动再次提交。",
    "canceled_before_submit": "管理员在提交给 DashScope 之前取消了训练，不产生费用。",
    "canceled_not_billed": "管理员取消了训练；DashScope 报告的用量为 0，据此不产生费用。",
    "canceled_and_billed": "管理员取消了训练；DashScope 已计费，费用见任务的 cost_cny。",
    "canceled_at_dashscope": "训练任务已在 DashScope 被取消；上传新照片即可重新训练。",
    "training_overdue": "训练超时未结束，已放弃；上传新照片即可重新训练。",
    "fine_tune_vanished": "DashScope 上已找不到该训练任务；上传新照片即可重新训练。",
    "fine_tunes_full": "账号下运行中和已成功的训练任务数已达上限；"
    "请删除不再需要的模型，或申请提高上限后修改 KEPT_FINE_TUNES。",
    "unreadable_row": "当前版本的代码无法读取该任务的记录，请部署更新的版本。",
    "unreachable": "无法连接 DashScope，系统会自动重试。",
    "unreadable_answer": "无法解析 DashScope 的响应，系统会自动重试。",
    "list_incomplete": "无法完整读取 DashScope 的训练任务列表，系统会自动重试。",
    "list_too_long": "DashScope 的训练任务列表过长，无法完整读取；为避免重复付费，暂不再次提交。"
    "请删除不再需要的训练任务，或改用其他业务空间的 API Key。",
    "submit_unclear": "DashScope 没有答复提交，同一时段的训练任务可能属于此次训练；系统没有重复付费提交。"
    "请在控制台核对；上传新照片即可重新训练。",
    "photos_lost": "已处理的照片和上传的原图都已不存在；上传照片即可重新训练。",
    "earlier_result": "存储空间中已有此人更早的训练结果，不会再次付费训练。",
    "other_spelling": "此照片集归入同名人员（Unicode 组合形式的名称），照片不会丢失，无需操作。",
    "consent_withdrawn": "本人已撤回同意，不再发送任何照片；DashScope 已计的费用见任务的 cost_cny。",
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
    "misnamed_consent": Words(
        "The object is called like a consent and counts as none; "
        f"call it {CONSENT_NAME}, and put it right into {PEOPLE_PREFIX}<person>/.",
        f"文件名类似同意书，但不被视为同意书；请命名为 {CONSENT_NAME}，并直接放入 {PEOPLE_PREFIX}<person>/。",
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
    """Return in plain words why the verdict was reached."""
    return _words_of(verdict).reason.in_language(language)


def remedy(verdict: Verdict, language: Language = Language.ENGLISH) -> str:
    """Return in plain words what to do about the verdict."""
    return _words_of(verdict).remedy.in_language(language)


def in_words(code: str, message: str, language: Language) -> str:
    """Return the sentence of a reason that is stored as ``code`` and English ``message``."""
    return CHINESE_REASONS.get(code, message) if language is Language.CHINESE else message


def why_none_is_usable(photos: Iterable[Photo], language: Language = Language.ENGLISH) -> str:
    """Say for a set why there is nothing to train on: every different reason once."""
    return why_by_verdicts({photo.verdict for photo in photos if photo.is_new}, language)


def why_by_verdicts(verdicts: Collection[Verdict], language: Language = Language.ENGLISH) -> str:
    """Say why there is nothing to train on, from the ``verdicts`` on the photos that arrived for the set.

    Reasons that have one remedy stand together before it. What asks nothing of anybody is passed over.
    """
    told = set(verdicts) - NEEDS_NOTHING
    if not told:
        return NO_PHOTO.in_language(language)
    by_remedy: dict[str, list[str]] = {}
    for verdict in told:
        by_remedy.setdefault(remedy(verdict, language), []).append(reason(verdict, language))
    between = " " if language is Language.ENGLISH else ""
    return between.join(
        sorted(between.join([*sorted(reasons), what_to_do]) for what_to_do, reasons in by_remedy.items())
    )


def _words_of(verdict: Verdict) -> VerdictWords:
    from shared.domain.verdict_words import VERDICTS

    return VERDICTS[verdict]
