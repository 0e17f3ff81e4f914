"""Issues of other trackers that belong to tickets: what follows which side, and which change counts."""
