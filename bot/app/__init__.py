"""The running app, which is put together from the settings here."""
