"""Check tables for a night, between the jobs that write them and those that read them."""
