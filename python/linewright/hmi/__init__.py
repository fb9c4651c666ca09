"""The operator page: a process beside the line that shows it and, for whoever may, acts on it.

It needs the extra `hmi` (Starlette, uvicorn, prometheus-client).
"""
