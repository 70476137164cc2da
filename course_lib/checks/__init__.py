"""What a right answer must satisfy, chapter by chapter, and the mistakes known by name."""
