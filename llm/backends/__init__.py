"""One way to reach one kind of model server per file."""
