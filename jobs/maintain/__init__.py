"""Keep the tables small and their history bounded."""
