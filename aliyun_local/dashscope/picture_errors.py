"""The errors of pictures and of their URLs, for :mod:`aliyun_local.dashscope.error_table`.

Each entry is a status, a code and a message of Model Studio, "Error messages". The document does not say
which model answers with which of them; those that speak of video and sound only are left out.
"""

from __future__ import annotations

URLS = (
    (400, "InvalidURL", "Required URL is missing or invalid, please check the request URL."),
    (400, "InvalidURL", "Invalid URL provided in your request."),
    (400, "InvalidURL", "The request URL is invalid, make sure the url is correct and is an image."),
    (
        *(400, "InvalidURL"),
        "The request URL is invalid, please check the request URL is available and the request image "
        "format is one of the following types: JPEG, JPG, PNG, BMP, and WEBP.",
    ),
    (
        400,
        "InvalidURL.ConnectionRefused",
        "Connection to {host=example.com} refused, please provide available URL.",
    ),
    (
        400,
        "InvalidURL.Timeout",
        "Download {url=https://example.com/a.jpg} timeout, please check network connection.",
    ),
    (
        *(400, "InvalidParameter.DataInspection"),
        "Unable to download the media resource during the data inspection process.",
    ),
    (
        *(400, "InvalidParameter.DataInspection"),
        "Don't have authorization to access the media resource during the data inspection process.",
    ),
    (400, "InvalidParameter", "Wrong Content-Type of multimodal url"),
    (400, "BadRequest.InputDownloadFailed", "Failed to download the input file."),
    (400, "BadRequest.InputDownloadFailed", "Failed to download the input file: {reason}."),
    (500, "InternalError.Algo", "Missing Content-Length of multimodal url."),
)

_OTHER_PICTURE = "please upload other image"
_LARGEST = (
    "The image resolution is invalid, please make sure that the largest length of image is smaller than"
)
_SIZE = "Invalid file size"
_RATIO = "Invalid file ratio. The file aspect ratio (height/width) must be between"
PICTURES = (
    (400, "InvalidImageResolution", "The input image resolution is too large or small."),
    (400, "InvalidImageFormat", "The input image is in invalid format."),
    (400, "InvalidImage.NoHumanFace", "No human face detected."),
    (400, "InvalidImage.ImageSize", "The size of image is beyond limit."),
    (
        *(400, "InvalidImage.FileFormat"),
        "Invalid image type. Please ensure the uploaded file is a valid image.",
    ),
    (
        *(400, "InvalidFile.NoHuman"),
        "The input image has no human body. Please upload other image with single person.",
    ),
    (
        *(400, "InvalidFile.MultiHuman"),
        "The input image has multi human bodies. Please upload other image with single person.",
    ),
    (
        *(400, "InvalidFile.BodyProportion"),
        f"The proportion of the detected person in the picture is too large or too small, {_OTHER_PICTURE}.",
    ),
    (
        *(400, "InvalidFile.FacePose"),
        f"The pose of the detected face is invalid, {_OTHER_PICTURE} with whole face and expected "
        "orientation.",
    ),
    (
        *(400, "InvalidFile.FacePose"),
        f"The pose of the detected face is invalid, {_OTHER_PICTURE} with the expected oriention.",
    ),
    (
        *(400, "InvalidFile.FacePose"),
        f"The pose of the detected face is invalid, {_OTHER_PICTURE} with the expected orientation.",
    ),
    (
        *(400, "InvalidFile.Resolution"),
        f"{_LARGEST} {{most=4096}}, and the smallest length of image is larger than {{least=224}}.",
    ),
    (
        *(400, "InvalidFile.Resolution"),
        "The image resolution is invalid, please make sure that the aspect ratio is smaller than {ratio=2}, "
        "and largest length of image is smaller than {most=4096}.",
    ),
    (400, "InvalidFile.Value", "The value of the image is invalid, please upload other clearer image."),
    (
        *(400, "InvalidFile.FrontBody"),
        f"The pose of the detected person is invalid, {_OTHER_PICTURE} with the front view.",
    ),
    (
        *(400, "InvalidFile.FullFace"),
        f"The pose of the detected face is invalid, {_OTHER_PICTURE} with whole face.",
    ),
    (
        *(400, "InvalidFile.FullBody"),
        f"The pose of the detected person is invalid, {_OTHER_PICTURE} with whole body, or change the ratio "
        "parameter to 1:1.",
    ),
    (
        *(400, "InvalidFile.BodyPose"),
        f"The pose of the detected person is invalid, {_OTHER_PICTURE} with whole body and expected "
        "orientation.",
    ),
    (
        *(400, "InvalidFile.Content"),
        "The input image has no human body or multi human bodies. Please upload other image with single "
        "person.",
    ),
    (
        *(400, "InvalidFile.Content"),
        "The input image has no human body or has unclear human body. Please upload other image.",
    ),
    (
        *(400, "InvalidFile.Content"),
        "The input image has multi human bodies. Please upload other image with single person.",
    ),
    (400, "InvalidFile.Size", f"{_SIZE}, The image file size must be smaller than {{size=5MB}}."),
    (400, "InvalidFile.Size", f"{_SIZE}. The video/audio/image file size must be less than {{size=5MB}}."),
    (400, "InvalidFile.ImageSize", "The size of image is beyond limit."),
    (400, "InvalidFile.AspectRatio", f"{_RATIO} 3:1 and 1:3."),
    (400, "InvalidFile.AspectRatio", f"{_RATIO} 2.0 and 0.5."),
    (400, "InvalidFile.Openerror", "Invalid file, cannot open file as video/audio/image."),
    (
        *(400, "InvalidFile.Format"),
        "Invalid file format，the request file format is one of the following types: MP4, AVI, MOV, MP3, "
        "WAV, AAC, JPEG, JPG, PNG, BMP, and WEBP.",
    ),
    (
        *(400, "InvalidPerson"),
        "The input image has no human body or multi human bodies. Please upload other image with single "
        "person.",
    ),
    (
        *(400, "InvalidInputLength"),
        f"{_LARGEST} 4096, and the smallest length of image is larger than 150. and the size of image ranges "
        "from 5KB to 5MB.",
    ),
)
CONTENT = (
    (400, "DataInspectionFailed", "Input data may contain inappropriate content."),
    (400, "DataInspectionFailed", "Input or output data may contain inappropriate content."),
    (400, "DataInspectionFailed", "Output data may contain inappropriate content."),
    (400, "DataInspectionFailed", "Input {name} data may contain inappropriate content."),
    (400, "IPInfringementSuspect", "Input data is suspected of being involved in IP infringement."),
)
WORK = (
    (
        500,
        "InternalError.Algo",
        "An internal error has occured, please try again later or contact service support.",
    ),
    (500, "InternalError.Algo", "inference internal error."),
    (500, "InternalError.Algo", "An internal error has occured during algorithm execution."),
    (500, "InternalError.Algo", "Inference error: Inference error."),
    (500, "InternalError.Algo", "algorithm process error."),
    (500, "InternalError.Algo", "inference error."),
    (500, "InternalError.Algo", "Receive batching backend response failed!"),
    (
        *(500, "InternalError.Algo"),
        "An error occurred in model serving, error message is: [Request rejected by inference engine!]",
    ),
    (500, "InternalError.Upload", "Failed to upload result."),
    (500, "InternalError.FileUpload", "oss upload error."),
    (
        *(500, "InternalError.Timeout"),
        "An internal timeout error has occured during execution, please try again later or contact service "
        "support.",
    ),
    (500, "ModelServiceFailed", "Failed to request model service."),
    (
        *(503, "ModelServingError"),
        "Too many requests. Your requests are being throttled due to system capacity limits. Please try "
        "again later.",
    ),
    (500, "ModelServingError", "An error occurred in model serving."),
    (503, "ModelUnavailable", "Model is unavailable, please try again later."),
)
