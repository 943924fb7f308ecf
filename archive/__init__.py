"""Cold storage of archived versions: object stores and the archive format. No SQL, no tables."""
