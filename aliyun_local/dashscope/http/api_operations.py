"""The operations of DashScope's API for fine-tunes, files, tasks and FaceChain, served here or not.

Checkpoints, validations and deployments are for other models: what a FaceChain fine-tune gives is used
as it is. Names are this project's where the vendor's pages give none.
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
        # What a fine-tune of other models is used by
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
