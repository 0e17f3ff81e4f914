"""The dress rehearsal before a go-live: everything is checked or played, and leaves nothing behind."""
