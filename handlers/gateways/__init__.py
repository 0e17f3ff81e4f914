"""Handlers of gateways: the page of an API gateway and its buttons."""
