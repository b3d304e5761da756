"""Keep versions of pages behind one small protocol."""
