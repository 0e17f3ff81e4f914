"""Sentences that blame a person, and others that are like them, from which the classifier of blame is made."""
