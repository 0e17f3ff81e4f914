"""Issues of other trackers that belong to tickets."""
