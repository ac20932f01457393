"""The errors of image processing and of upload callbacks, for :mod:`aliyun_local.oss.error_table`.

Each tuple holds the errors of one document, as status, code and message.
"""

from __future__ import annotations

IMAGES = (
    (400, "InvalidArgument", "The value: {value} of parameter: {name} is invalid."),
    (400, "BadRequest", "Input is not base64 decoding."),
    (400, "MissingArgument", "Missing Some Required Arguments."),
    (400, "ImageTooLarge", "The image size exceeds the limit."),
    (400, "WatermarkError", "A watermark processing error occurred."),
    (400, "BadWebPImage", "The webp image file may be damaged."),
    (400, "MemLimitExceeded", "The memory limit of image processing is exceeded."),
    (400, "TooManyPipe", "The number of actions exceeds the limit."),
    (404, "NoSuchStyle", "The specified style does not exist."),
    (404, "NoSuchFile", "The specified image does not exist."),
)
IMAGES_IN_THE_FAQ = (
    (400, "BadRequest", "This image format is not supported."),
    (400, "BadRequest", "Picture exceed the maximum allowable rotation range"),
    (400, "InvalidArgument", "The value: {value} of parameter: w is invalid."),
)
IMAGES_LOCALLY = (
    (400, "ImageTooLarge", "The size of the source image exceeds 20 MB."),
    (400, "ImageTooLarge", "The side length of the source image exceeds {pixels} pixels."),
    (400, "ImageTooLarge", "The source image has more than {pixels} pixels."),
    (400, "InvalidArgument", "The target image is larger than 4096 x 4096 pixels."),
    (400, "InvalidArgument", "The resize action needs one of w, h, l, s and p."),
    (400, "InvalidArgument", "The area to crop lies outside of the image."),
    (400, "InvalidArgument", "The info action cannot stand beside other actions."),
    (400, "InvalidArgument", "The value of the format action is not an image format."),
    (400, "InvalidArgument", "The body is not UTF-8."),
    (400, "InvalidArgument", "The result of processing must be saved with sys/saveas."),
    (400, "MissingArgument", "The body must be x-oss-process=<actions>|sys/saveas,..."),
)

CALLBACKS = (
    (400, "InvalidArgument", "The callback configuration is not json format."),
    (400, "InvalidArgument", "The number of callback urls is more than 5."),
    (400, "InvalidArgument", "The callback body is empty."),
    (400, "InvalidArgument", "The callback url is not valid."),
    (400, "InvalidArgument", "The additionalHeaders of the callback are not valid."),
    (400, "InvalidArgument", "The callbackBodyType is not one of those that OSS knows."),
    (400, "InvalidArgument", "The {name} of the callback is not a string."),
    (400, "InvalidArgument", "A header of the callback is not printable ASCII."),
    (400, "InvalidArgument", "The callback policy does not exist."),
    (203, "CallbackFailed", "Error status : -1.OSS can not connect to your callbackUrl, please check it."),
    (203, "CallbackFailed", "Error status : {status}."),
    (203, "CallbackFailed", "Error Status : 400.User server return too long content-length value."),
    (203, "CallbackFailed", "Response body is not valid json format."),
    (203, "CallbackFailed", "Cost too long time."),
)
