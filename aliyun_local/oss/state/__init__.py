"""What the local OSS keeps: buckets, objects, versions and uploads in parts. No HTTP here."""
