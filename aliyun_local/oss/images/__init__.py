"""Image processing of the local OSS, done with Pillow.

- ``processing``: the entrance. Carries out the instructions of ``x-oss-process`` on the bytes of an image.
- ``actions``: the single actions on pixels, and how their parameters are read.
- ``formats``: which image formats are decoded and encoded, and up to which size.
"""
