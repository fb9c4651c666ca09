"""Laser tab welding."""
