"""Rules of signals: what monitoring systems send, who may send it, and what follows from it."""
