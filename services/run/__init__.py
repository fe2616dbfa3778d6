"""What `puente` starts: one service's process, all three together, the demonstration, the simulation.

Only this package and `services.launcher` know all three services.
"""
