"""The record of processing in words, Chinese since Chinese law asks for it; and as Markdown and HTML.

Law, as far as the words name it: Personal Information Protection Law, Art. 55 (assessment and record where
sensitive information is processed or processing is entrusted) and 56 (both are kept for three years);
measures for the security of face recognition (order 19 of the Cyberspace Administration, with the police; in
force since 2025-06-01). Whether they apply is for a lawyer to say. Called by ``processing_record``.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.object_keys import CONSENT_NAME

if TYPE_CHECKING:
    from shared.http_api.consent_types import ProcessingRecordDocument, RecordSectionDocument

TITLE = "个人信息处理情况记录"
TO_BE_WRITTEN = "（由个人信息处理者填写）"


class Facts(NamedTuple):
    """What the words depend on.

    ``way`` is how DashScope gets photos: ``url``, ``file`` or ``auto``. Days count from the end of a job; 0:
    nothing is deleted by itself.
    """

    face_check: bool
    way: str
    is_consent_required: bool
    versions: tuple[str, ...]
    consents_in_force: int
    people_consented: int
    withdrawals: int
    people: str
    trainings: str
    keep_snapshots_days: int
    keep_photos_days: int
    keep_models_days: int
    keep_records_days: int


def sections_of(facts: Facts) -> list[RecordSectionDocument]:
    """Return the sections of the record."""
    return [
        _section("一、个人信息处理者", _controller()),
        _section("二、处理目的与处理方式", _purposes(facts)),
        _section("三、个人信息的种类", _kinds(facts)),
        _section("四、受托人与接收方", _recipients(facts)),
        _section("五、保存期限", _retention(facts)),
        _section("六、安全措施", _measures()),
        _section("七、同意情况", _consents(facts)),
        _section("八、处理规模", _scale(facts)),
        _section("九、影响评估与本记录的保存", _assessment()),
    ]


def _section(title: str, entries: Sequence[tuple[str, str]]) -> RecordSectionDocument:
    return {"title": title, "entries": [{"name": name, "text": text} for name, text in entries]}


def _controller() -> list[tuple[str, str]]:
    names = ("名称或姓名", "联系方式", "个人信息保护负责人")
    return [(name, TO_BE_WRITTEN) for name in names]


def _purposes(facts: Facts) -> list[tuple[str, str]]:
    check = "将处理后的照片发送给百炼 facechain-facedetect，确认每张照片中有且只有一张可用的人脸。"
    return [
        ("人脸检测", check if facts.face_check else "已关闭（FACE_CHECK=off），训练前不检测人脸。"),
        (
            "训练人物形象模型",
            "将每人 1 至 10 张处理后的照片提交百炼 facechain-finetune，训练仅用于此人的写真模型。",
        ),
        ("方式", "自动接收、处理、检测、排队、提交和记录；不用于识别或验证个人身份，不作自动化决策。"),
        ("处理的必要性", TO_BE_WRITTEN),
    ]


def _kinds(facts: Facts) -> list[tuple[str, str]]:
    kinds = [
        ("敏感个人信息", "照片中的人脸信息；未满十四周岁者的个人信息。"),
        (
            "其他个人信息",
            "文件夹所用的人员名称；照片的文件名、大小、上传时间、检测结论；训练状态与模型标识。",
        ),
        ("不离开本账号的信息", "人员名称，以及照片中的拍摄地点、设备等元数据（EXIF）。"),
    ]
    if facts.is_consent_required:
        kinds.append(("同意记录", f"{CONSENT_NAME}：同意人、用途、文本版本、时间、方式、期限、监护人。"))
    return kinds


def _recipients(facts: Facts) -> list[tuple[str, str]]:
    ways = {
        "url": "百炼以限时签名的 URL 下载处理后的照片。",
        "file": "处理后的照片上传至百炼的文件服务，检测后或训练结束后删除。",
    }
    either = "百炼以限时签名的 URL 下载处理后的照片；无法下载时改用其文件服务，用后删除。"
    return [
        ("阿里云百炼（DashScope），华北 2（北京）", f"人脸检测与模型训练。{ways.get(facts.way, either)}"),
        ("阿里云对象存储（OSS），华北 2（北京）", "存储原始照片、处理后的照片与训练结果。"),
        ("阿里云表格存储（Tablestore），华北 2（北京）", "存储任务、结论与同意情况。"),
        ("阿里云函数计算、日志服务，华北 2（北京）", "运行程序；保存含人员名称的运行日志。"),
        ("向境外提供", "无。"),
    ]


def _retention(facts: Facts) -> list[tuple[str, str]]:
    by_rule = "90 天，由存储桶的生命周期规则删除。"
    until_deleted = "直至处理者删除。"
    snapshots, photos = facts.keep_snapshots_days, facts.keep_photos_days
    models, records = facts.keep_models_days, facts.keep_records_days
    return [
        (
            "个人要求删除或撤回同意时",
            "下列各项随即删除（日志除外），以加密哈希防止其恢复；删除证明保存 30 天。",
        ),
        (
            "原始照片（people/）",
            f"任务结束 {photos} 天后自动删除；未经训练的，{until_deleted}" if photos else until_deleted,
        ),
        (
            "处理后的照片（submissions/）",
            f"任务结束 {snapshots} 天后自动删除；最迟 {by_rule}" if snapshots else by_rule,
        ),
        (
            "训练结果（results/）与任务记录",
            f"此人最后一次任务结束 {records} 天后，连同此人的其他各项一并自动删除。"
            if records
            else until_deleted,
        ),
        ("百炼处的照片", "以签名 URL 提供时不存储于文件服务；使用文件服务时，检测后或训练结束后删除。"),
        (
            "训练所得的模型",
            f"任务结束 {models} 天后自动删除；百炼拒绝删除的，每周再试。" if models else until_deleted,
        ),
        ("管理员的请求；日志；审计", "1 天；30 天；AuditDays 所设的天数（默认 180 天）。"),
        ("确定期限的理由", TO_BE_WRITTEN),
    ]


def _measures() -> list[tuple[str, str]]:
    return [
        ("加密", "传输使用 HTTPS；对象存储服务端加密（AES256）。"),
        (
            "访问控制",
            "三个函数各有最小权限的 RAM 角色；读取与管理使用不同令牌；本人页面的链接带签名、期限，可撤销。",
        ),
        ("数据最小化", "提交前去除照片元数据，长边缩小至 2048 像素以内；不向百炼提供人员名称。"),
        ("密钥与地址", "密钥和签名 URL 不写入日志、记录、页面或结果。"),
        ("审计", "管理操作、同意的作出与撤回以及照片的查看写入专用日志库，人员以加密哈希表示。"),
        ("其他措施", TO_BE_WRITTEN),
    ]


def _consents(facts: Facts) -> list[tuple[str, str]]:
    if not facts.is_consent_required:
        return [("取得方式", f"本系统未要求同意（CONSENT=off），由处理者另行取得：{TO_BE_WRITTEN}")]
    versions = "、".join(facts.versions) or "不限"
    return [
        (
            "取得方式",
            f"每人文件夹中的 {CONSENT_NAME}，或本人在个人页面上勾选；没有有效同意时不向百炼发送任何照片。",
        ),
        ("接受的文本版本", versions),
        ("未满十四周岁", "须有父母或其他监护人的同意，否则不予处理。"),
        (
            "撤回",
            "撤回后不再发送，取消排队与进行中的训练，并删除此人的照片、结果、记录与模型，出具删除证明。",
        ),
        (
            "有效的同意",
            f"{facts.consents_in_force} 份（按月末计）；曾同意 {facts.people_consented} 人；"
            f"撤回 {facts.withdrawals} 次",
        ),
    ]


def _scale(facts: Facts) -> list[tuple[str, str]]:
    return [
        ("人数", facts.people),
        ("已结束的训练", facts.trainings),
        ("备案", "存储的人脸信息达到 10 万人的，应在 30 个工作日内向所在地省级以上网信部门备案。"),
    ]


def _assessment() -> list[tuple[str, str]]:
    return [
        (
            "依据",
            "《个人信息保护法》第五十五条、第五十六条；"
            "《人脸识别技术应用安全管理办法》（2025 年 6 月 1 日起施行）。",
        ),
        ("影响评估报告", TO_BE_WRITTEN),
        ("保存", "影响评估报告和处理情况记录应当至少保存三年；请打印或另存本记录。"),
        ("说明", "本记录由系统依据设置与计数生成，供处理者完善，不构成法律意见。"),
    ]


def as_markdown(document: ProcessingRecordDocument) -> str:
    """Return the record as Markdown; what others have named is no markup in it."""
    lines = [f"# {document['title']}", "", _line(document), ""]
    for section in document["sections"]:
        lines += [f"## {section['title']}", "", "| 项目 | 内容 |", "|---|---|"]
        lines += [f"| {_cell(one['name'])} | {_cell(one['text'])} |" for one in section["entries"]]
        lines.append("")
    return "\n".join(lines)


def as_html(document: ProcessingRecordDocument) -> str:
    """Return the record as a page to print, without style and script."""
    parts = [
        '<!doctype html>\n<html lang="zh"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(document['title'])}</title></head><body><main>",
        f"<h1>{escape(document['title'])}</h1><p>{escape(_line(document))}</p>",
    ]
    for section in document["sections"]:
        parts.append(f"<section><h2>{escape(section['title'])}</h2><dl>")
        parts += [
            f"<dt>{escape(one['name'])}</dt><dd>{escape(one['text'])}</dd>" for one in section["entries"]
        ]
        parts.append("</dl></section>")
    return "\n".join([*parts, "</main></body></html>", ""])


def _line(document: ProcessingRecordDocument) -> str:
    return f"生成时间：{document['made_at']}；程序版本：{document['version']}"


def _cell(text: str) -> str:
    return escape(text, quote=False).replace("|", "\\|").replace("\n", " ")
