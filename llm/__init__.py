"""The real-time model client: questions in, streamed words out, and nobody ever waits."""
