"""The pages that people look at: HTML as a function of the documents that programs read."""
