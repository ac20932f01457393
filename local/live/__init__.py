"""What ``make demo`` and ``make up`` show while things happen, read from the status API as any user would."""
