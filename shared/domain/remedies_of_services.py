"""The troubles that services answer with, in plain words with what to do, in English and in Chinese.

Many codes stand for one trouble and have one name here, which ``GET /readyz`` shows. Read by ``remedies``,
which has words by API and kind for every code that is not in this table.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.reasons import Words
from shared.domain.remedies_of_our_own import NOTHING, Told
from shared.domain.trouble_kinds import Service

_GOES_ON = Words(
    "It goes on by itself once that is done.",
    "完成后自动继续。",
)


def _then_goes_on(english: str, chinese: str) -> Words:
    """A remedy, with the word that nothing else needs to be done."""
    return Words(f"{english} {_GOES_ON.english}", f"{chinese}{_GOES_ON.chinese}")


OF_SERVICES: dict[str, Told] = {
    # The account.
    "arrears": Told(
        Words(
            "The Aliyun account has an unpaid bill, and the service is refused.",
            "阿里云账号欠费，服务已停用。",
        ),
        _then_goes_on("Pay the bill in the console.", "请在控制台结清欠费。"),
    ),
    "wrong_key": Told(
        Words("DashScope does not accept the API key.", "DashScope 不接受该 API Key。"),
        _then_goes_on(
            "Make a key of the Beijing region in DashScope's console, and set DASHSCOPE_API_KEY to it.",
            "请在 DashScope 控制台创建北京地域的 API Key，并设置 DASHSCOPE_API_KEY。",
        ),
    ),
    "no_facechain": Told(
        Words(
            "The account may not use the FaceChain models.",
            "账号无权使用 FaceChain 模型。",
        ),
        _then_goes_on(
            "Switch on facechain-facedetect and facechain-finetune in DashScope's console.",
            "请在 DashScope 控制台开通 facechain-facedetect 和 facechain-finetune。",
        ),
    ),
    "allowance_used_up": Told(
        Words("The account's allowance for this model is used up.", "账号在该模型上的额度已用完。"),
        _then_goes_on(
            "Have it raised in DashScope's console, or switch off the limit to the free allowance there.",
            "请在 DashScope 控制台申请提高额度，或关闭“免费额度用完即停”。",
        ),
    ),
    "workspace_refused": Told(
        Words(
            "The API key's workspace may not do this.",
            "API Key 所在的业务空间没有权限。",
        ),
        _then_goes_on(
            "Grant the workspace the FaceChain models in DashScope's console, or take a key of another one.",
            "请在 DashScope 控制台为该业务空间授权 FaceChain 模型，或换用其他业务空间的 API Key。",
        ),
    ),
    "credentials_refused": Told(
        Words(
            "The function's Aliyun credentials are refused.",
            "函数的阿里云凭证被拒绝。",
        ),
        _then_goes_on(
            "Look at the function's role, or at the access key if one is set.",
            "请检查函数的角色；如设置了 AccessKey，请检查该 AccessKey。",
        ),
    ),
    "bucket_not_found": Told(
        Words(
            "The bucket is not there, or not at this endpoint.",
            "存储空间不存在，或不在该 Endpoint 上。",
        ),
        _then_goes_on(
            "Compare OSS_BUCKET, OSS_ENDPOINT and OSS_PUBLIC_ENDPOINT with the console.",
            "请对照控制台检查 OSS_BUCKET、OSS_ENDPOINT 和 OSS_PUBLIC_ENDPOINT。",
        ),
    ),
    "tables_missing": Told(
        Words(
            "A table is not there, or not as this version expects it.",
            "数据表不存在，或结构与当前版本不符。",
        ),
        _then_goes_on("Update the stack with this version's template.", "请用当前版本的模板更新资源栈。"),
    ),
    # DashScope.
    "photos_not_fetched": Told(
        Words(
            "DashScope cannot fetch the photos through their URLs.",
            "DashScope 无法通过 URL 下载照片。",
        ),
        Words(
            "If it is one photo alone, nothing needs to be done. Otherwise set PHOTO_ACCESS to auto or file, "
            "or see whether OSS_PUBLIC_DOMAIN and the bucket's policy let DashScope download.",
            "如只涉及个别照片，无需操作。否则请将 PHOTO_ACCESS 设为 auto 或 file，"
            "或检查 OSS_PUBLIC_DOMAIN 和存储空间的策略是否允许 DashScope 下载。",
        ),
    ),
    "file_store_full": Told(
        Words(
            "DashScope's file store is full: it keeps 100 files for the whole account.",
            "DashScope 的文件存储已满：整个账号最多保留 100 个文件。",
        ),
        _then_goes_on(
            "Delete files there that nobody needs; this deployment deletes its own.",
            "请删除其中不再需要的文件；本系统会自行删除自己的文件。",
        ),
    ),
    "dashscope_unreachable": Told(
        Words("DashScope does not answer.", "DashScope 没有响应。"),
        Words(
            "It is tried again by itself. If it stays, look at DASHSCOPE_HTTP_BASE_URL and at the function's "
            "way to the Internet.",
            "系统会自动重试；若一直如此，请检查 DASHSCOPE_HTTP_BASE_URL 和函数的公网访问。",
        ),
    ),
    "dashscope_busy": Told(
        Words(
            "DashScope takes no more at the moment: its rate or its trainings at a time are used up.",
            "DashScope 暂时不再接受请求：调用频率或同时训练数已达上限。",
        )
    ),
    "dashscope_fault": Told(
        Words("DashScope has a fault of its own.", "DashScope 服务内部出错。"),
        Words(
            "It is tried again by itself. If it stays, ask Aliyun's support.",
            "系统会自动重试；若一直如此，请联系阿里云技术支持。",
        ),
    ),
    "unreadable_answer": Told(
        Words("DashScope's answer cannot be read.", "无法解析 DashScope 的响应。"),
        Words(
            "It is tried again by itself. If it stays, see whether DASHSCOPE_HTTP_BASE_URL is right and this "
            "version is the newest.",
            "系统会自动重试；若一直如此，请检查 DASHSCOPE_HTTP_BASE_URL 是否正确、当前是否为最新版本。",
        ),
    ),
    # One picture, one object, one person.
    "picture_unfit": Told(
        Words("The service finds the picture unfit.", "服务认定该图片不合格。"),
        Words("Upload another photo.", "请换一张照片上传。"),
    ),
    "gone": Told(
        Words("What was asked for is gone.", "所请求的内容已不存在。"),
        Words(
            "Nothing needs to be done: it is left out, or made again.",
            "无需操作，系统会跳过或重新生成。",
        ),
    ),
    "archived": Told(
        Words("The file is archived and cannot be read.", "文件处于归档状态，无法读取。"),
        Words("Upload it again, in the storage class Standard.", "请以标准存储类型重新上传。"),
    ),
    "link_leads_nowhere": Told(
        Words("The file is a link, not a photo.", "该文件是链接，不是照片。"),
        Words("Upload the photo itself.", "请上传照片本身。"),
    ),
    "encrypted_object": Told(
        Words(
            "The file is encrypted with a KMS key that cannot be used.",
            "文件所用的 KMS 密钥无法使用。",
        ),
        Words(
            "Let the function's role use the key, or upload the file again without it.",
            "请授权函数的角色使用该密钥，或不加密重新上传。",
        ),
    ),
    "oss_unreachable": Told(
        Words("OSS does not answer, or its answer breaks off.", "OSS 没有响应，或响应中断。"),
        Words(
            "It is tried again by itself. If it stays, look at OSS_ENDPOINT and at the network.",
            "系统会自动重试；若一直如此，请检查 OSS_ENDPOINT 和网络。",
        ),
    ),
    "oss_too_slow": Told(
        Words(
            "OSS takes too long to turn a large photo upright.",
            "OSS 旋转大尺寸照片耗时过长。",
        ),
        Words(
            "It is tried again by itself. If it stays, upload the photo smaller, or turned upright.",
            "系统会自动重试；若一直如此，请上传尺寸较小或已转正的照片。",
        ),
    ),
    "oss_busy": Told(Words("OSS is busy.", "OSS 繁忙。"), NOTHING),
    "tables_busy": Told(Words("Tablestore is busy.", "表格存储繁忙。"), NOTHING),
    "partition_busy": Told(
        Words(
            "Tablestore does not serve this person's partition at the moment.",
            "表格存储暂时无法访问此人所在的分区。",
        )
    ),
    "row_too_large": Told(
        Words("The record has become too large for its row.", "记录过大，超出单行上限。"),
        Words(
            "Upload fewer files for this person, with shorter names.",
            "请减少此人的文件数量，并缩短文件名。",
        ),
    ),
}
"""The troubles by the names that we give them."""


class Coded(NamedTuple):
    """Codes of a service that stand for the trouble ``name``; ``says``: only with this in the message."""

    name: str
    codes: tuple[str, ...]
    says: str = ""


CODES: dict[Service, tuple[Coded, ...]] = {
    Service.DASHSCOPE: (
        Coded("wrong_key", ("InvalidApiKey", "NOT AUTHORIZED", "http_401")),
        Coded("arrears", ("Arrearage", "PrepaidBillOverdue", "PostpaidBillOverdue")),
        Coded("fine_tunes_full", ("Throttling",), says="only 20"),
        Coded("fine_tunes_full", ("Throttling",), says="allowed per user"),
        Coded("allowance_used_up", ("Throttling",), says="free allocated quota exceeded"),
        Coded("allowance_used_up", ("AllocationQuota",)),
        Coded("dashscope_busy", ("Throttling", "http_429")),
        Coded("no_facechain", ("AccessDenied", "CommodityNotPurchased")),
        Coded("no_facechain", ("Model", "ModelNotFound", "Endpoint")),
        Coded("no_facechain", ("InvalidParameter",), says="model not exist"),
        Coded("workspace_refused", ("Workspace", "WorkSpaceNotFound")),
        Coded("photos_not_fetched", ("InvalidParameter.DataInspection", "InvalidURL")),
        Coded("file_store_full", ("BadRequest.TooMany",)),
        Coded("file_store_full", ("BadRequest.TooLarge",), says="out of space"),
        Coded("photos_not_fetched", ("InvalidFile.DownloadFailed", "BadRequest.InputDownloadFailed")),
        Coded("dashscope_unreachable", ("unreachable", "no_answer")),
        Coded("dashscope_fault", ("InternalError", "SystemError", "RequestTimeOut", "ModelServiceFailed")),
        Coded("dashscope_fault", ("ModelServingError", "ModelUnavailable")),
        Coded("dashscope_fault", ("http_500", "http_502", "http_503", "http_504")),
        Coded("unreadable_answer", ("unreadable_answer",)),
        Coded("gone", ("InvalidParameter",), says="file not found"),
    ),
    Service.OSS: (
        Coded("arrears", ("InDebt", "InDebtOverdue", "UserDisable", "AbnormalBucketOwnerStatus")),
        Coded("credentials_refused", ("InvalidAccessKeyId", "SignatureDoesNotMatch")),
        Coded("credentials_refused", ("InvalidSecurityToken", "SecurityTokenNotSupported")),
        Coded("credentials_refused", ("AccessKeyIdAndSecurityTokenNotMatch",)),
        Coded("bucket_not_found", ("NoSuchBucket", "InvalidBucketName", "BucketNotBelongTo")),
        Coded("bucket_not_found", ("PublicEndpointForbidden", "PermanentRedirect", "CnameDenied")),
        Coded("bucket_not_found", ("SecondLevelDomainForbidden", "NonStandardHostForbidden")),
        Coded("bucket_not_found", ("AccessDenied",), says="specified endpoint"),
        Coded("archived", ("InvalidObjectState",)),
        Coded("link_leads_nowhere", ("SymlinkTargetNotExist", "InvalidTargetType")),
        Coded("encrypted_object", ("KmsAccessDenied", "KmsUbsmsInvalidBid", "UbsmsInvalidBid")),
        Coded("encrypted_object", ("KmsInDebt", "KmsInDebtOverdue")),
        Coded("oss_unreachable", ("oss_unreachable", "oss_no_answer", "oss_not_asked", "oss_inconsistent")),
        Coded("oss_too_slow", ("oss_too_slow",)),
        Coded("oss_unreachable", ("oss_answer_cut", "oss_answer_unreadable", "RequestTimeout")),
    ),
    Service.TABLESTORE: (
        Coded("credentials_refused", ("OTSAuthFailed",)),
        Coded("tables_missing", ("OTSObjectNotExist", "OTSInvalidPK")),
        Coded("row_too_large", ("OTSOutOfRowSizeLimit", "OTSOutOfColumnCountLimit")),
        Coded("row_too_large", ("OTSRequestBodyTooLarge",)),
        Coded("tables_unavailable", ("tablestore_unavailable", "tablestore_unreadable")),
    ),
}
"""Which codes stand for which trouble: those that the kind of the trouble does not tell by itself."""
