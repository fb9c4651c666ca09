"""Formation: shorts and contacts told within minutes, trays judged when they are done."""
