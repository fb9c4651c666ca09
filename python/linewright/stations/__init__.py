"""Stations of the default line. Each is a plugin like a third party's, found by its entry point."""
