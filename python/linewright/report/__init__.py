"""Report: what was seen, decided and done in a shift, as one page that needs nothing else."""

from linewright.report._page import write_report
from linewright.report._shift import ShiftFacts, read_facts_of
from linewright.report._shift_page import shift_page, write_shift_report

__all__ = ["ShiftFacts", "read_facts_of", "shift_page", "write_report", "write_shift_report"]
