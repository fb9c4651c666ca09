"""Coater."""
