"""Files of binary masks, hard or soft: reading, thresholds, writing."""
