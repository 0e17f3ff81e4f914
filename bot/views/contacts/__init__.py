"""Contacts of people who walk the floor: whom they met, what about, and where to walk next."""
