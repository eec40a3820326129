"""Bytes and event data to stream events, without any I/O."""
