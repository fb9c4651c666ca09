"""Linewright."""
