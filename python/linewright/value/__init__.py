"""Value: what detection and control are worth, measured against what is possible."""
