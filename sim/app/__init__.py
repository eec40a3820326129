"""The parts of the program round the world: options, settings, report, transcript, and how they are put together."""
