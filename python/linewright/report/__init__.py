"""Report: what was seen, decided and done in a shift, as one page that needs nothing else."""

from linewright.report._page import write_report

__all__ = ["write_report"]
