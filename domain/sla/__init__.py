"""Rules of SLA: targets, clocks, working time and warnings."""
