"""Bytes to stream events. Nothing in here may do I/O, await or know a server by name."""
