"""One registry of commands, many doors: `--exec`, standard input, and the window's console."""
