"""The version of the product, shown by ``/healthz``."""

VERSION = "0.1.0"
