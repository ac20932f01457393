"""What a local DashScope account keeps: fine-tunes, files and tasks, with their limits. No HTTP here."""
