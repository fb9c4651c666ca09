"""Calender."""
