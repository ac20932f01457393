"""What every version of the official client may rely on, one promise a function."""
