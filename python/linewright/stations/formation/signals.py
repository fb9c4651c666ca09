"""What an operator looks at in formation, and what a good day shows."""

from linewright.signals import Signal

SIGNALS = (
    Signal(topic="formation.trays_running", says="trays in formation", unit="1", headline=True),
    Signal(topic="formation.next_free_s", says="next slot free in", unit="s"),
    Signal(topic="formation.capacity_ah", says="capacity, last tray", unit="Ah"),
    Signal(topic="formation.resistance_mohm", says="resistance, last tray", unit="mohm"),
    Signal(topic="formation.trays_done", says="trays formed", unit="1", flows_to="agv"),
)
