"""Image processing of the local OSS, done with Pillow.

- ``processing``: the entrance. Carries out the instructions of ``x-oss-process`` on the bytes of an image.
- ``actions``: the single actions on pixels, and how their parameters are read.
- ``watermark``: a text that is written into a picture.
- ``orientation``: how a picture is turned, and whether OSS turns it upright.
- ``quota``: how much is processed in a second.
- ``formats``: which image formats are decoded and encoded, and up to which size.
- ``brands``: which of HEIC and AVIF a file is, by the brands that it names.
"""
