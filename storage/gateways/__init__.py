"""Storage of gateways: requests added up by endpoint and by consumer."""
