"""Turn landed logs into typed, deduplicated events."""
