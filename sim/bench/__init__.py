"""Measurements that anybody can repeat: `run_world.py bench NAME`."""
