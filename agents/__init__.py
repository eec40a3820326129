"""Minds: who somebody is, what they want, what they say; no town, no clock, no socket in here."""
