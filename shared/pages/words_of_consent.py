"""The texts about consent on a person's pages, in both languages. Read by ``words``.

The text that is consented to on the own page stands here: whoever changes it offers another version of it
(:data:`shared.http_api.consents.BUILT_IN_VERSION`).
"""

from __future__ import annotations

from shared.domain.words import Words

CONSENT: dict[str, Words] = {
    "consent": Words("Your consent", "你的同意"),
    "consent_text": Words(
        "So that a model of you can be trained, your photos, which show your face, are sent to Alibaba Cloud "
        "Model Studio (DashScope) in Beijing: to check that there is one face on each, and to train it. "
        "Your name and the place of the photos are not sent. Photos and model are kept until the studio "
        "deletes them, or you withdraw your consent.",
        "为训练你的人物模型，你的照片（含人脸信息）将发送至阿里云百炼（DashScope，北京）："
        "检测每张照片中是否只有一张人脸，并训练模型。不会发送你的姓名和拍摄地点。照片与模型保存至工作室删除或你撤回同意为止。",
    ),
    "consent_rights": Words(
        "Nothing is sent before you agree. You can withdraw your consent here at any time: then nothing more "
        "is sent, a training that runs is cancelled, and your photos, your model and all else of you is "
        "erased.",
        "在你同意之前不会发送任何照片。你可以随时在此撤回同意："
        "此后不再发送，正在进行的训练会被取消，你的照片、模型和其他数据都会被删除。",
    ),
    "consent_agree": Words(
        "I agree that my face is checked and a model of it is trained (text {version}).",
        "我同意检测我的人脸并据此训练模型（文本版本 {version}）。",
    ),
    "consent_for_a_child": Words(
        "The person is under 14; I am their parent or guardian, and agree for them.",
        "本人未满 14 周岁；我是其父母或其他监护人，代为同意。",
    ),
    "consent_guardian": Words("Name of the parent or guardian", "父母或监护人的姓名"),
    "consent_relation": Words("What they are to the person", "与本人的关系"),
    "consent_give": Words("Give consent", "同意"),
    "consent_given": Words("You have consented (text {version}).", "你已同意（文本版本 {version}）。"),
    "consent_withdraw": Words("Withdraw consent", "撤回同意"),
    "consent_withdraw_hint": Words(
        "Nothing more is sent then, a training that runs is cancelled, and your photos, your model and all "
        "else of you is erased. This cannot be undone, and ends this link.",
        "撤回后不再发送任何照片，正在进行的训练会被取消，你的照片、模型和其他数据都会被删除。此操作无法撤销，此链接也随之失效。",
    ),
    "own_consent": Words(
        "Your photos wait for your consent, below; nothing is sent before.",
        "你的照片正在等待你在下方作出同意；在此之前不会发送。",
    ),
    "consent_of": Words("Consent", "同意"),
    "consent_in_force": Words(
        "Given {at} ({means}, text {version})", "已于 {at} 作出（{means}，文本版本 {version}）"
    ),
}
