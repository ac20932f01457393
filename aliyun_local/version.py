"""The version of aliyun-local; facechain-autotrain has the same one (a test compares them)."""

VERSION = "0.1.0"
