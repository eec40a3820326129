"""The town and its time: a step that knows no clock, no socket, no thread and no screen."""
