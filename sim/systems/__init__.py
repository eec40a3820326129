"""What happens to everybody, each tick: one system a file, called in the order of `sim.step.SYSTEMS`."""
