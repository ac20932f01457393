"""A local Object Storage Service (OSS): state in ``models``, wire in ``responses``."""
