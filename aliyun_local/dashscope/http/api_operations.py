"""The operations of DashScope's API for fine-tunes, files, tasks and FaceChain, served here or not.

Read by :mod:`aliyun_local.coverage`, which compares them with ``operations``. Checkpoints, validations and
deployments are for other models: the output of a FaceChain fine-tune is used without a deployment. Names are
this project's where the vendor's pages give none.
"""

from __future__ import annotations

API_OPERATIONS: frozenset[str] = frozenset(
    {
        # Fine-tunes
        "CreateFineTune",
        "ListFineTunes",
        "GetFineTune",
        "DeleteFineTune",
        "CancelFineTune",
        "GetFineTuneLogs",
        "StreamFineTuneEvents",
        "ListCheckpoints",
        "ExportCheckpoint",
        "GetValidationResults",
        "GetValidationDetails",
        # Deployments of the fine-tunes of other models
        "CreateDeployment",
        "ListDeployments",
        "GetDeployment",
        "ScaleDeployment",
        "DeleteDeployment",
        "StreamDeploymentEvents",
        # Files
        "UploadFiles",
        "ListFiles",
        "GetFile",
        "DeleteFile",
        "GetUploadPolicy",
        # FaceChain
        "DetectFaces",
        "GeneratePortraits",
        # Tasks
        "GetTask",
        "ListTasks",
        "CancelTask",
    }
)
