"""Image processing of the local OSS."""
