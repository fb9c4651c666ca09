"""Alarms a person can act on: few, each with cause, consequence, action and time (ISA-18.2).

A station describes its alarms by `Definition`; an `AlarmBook` makes the alarm list of a line from
the rows of its ledger: states, acknowledgement, shelving, suppression, and one alarm for all that
one cause explains. `measure` holds a ledger against the limits of EEMUA 191.
"""

from linewright.alarms._alarm import SOUNDING, Alarm, Change, Member, State
from linewright.alarms._book import AlarmBook
from linewright.alarms._core import CORE_DEFINITIONS, FLOOD
from linewright.alarms._definition import PRIORITIES, Definition, Priority, declared, undescribed
from linewright.alarms._handling import DO, refusal
from linewright.alarms._kpi import Check, Kpi, measure
from linewright.alarms._limits import MOST_SHELVED_S

__all__ = [
    "CORE_DEFINITIONS",
    "DO",
    "FLOOD",
    "MOST_SHELVED_S",
    "PRIORITIES",
    "SOUNDING",
    "Alarm",
    "AlarmBook",
    "Change",
    "Check",
    "Definition",
    "Kpi",
    "Member",
    "Priority",
    "State",
    "declared",
    "measure",
    "refusal",
    "undescribed",
]
