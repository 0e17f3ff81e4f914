"""The desk itself: settings, views, services, the dispatcher, the wires, and the app that joins them."""
