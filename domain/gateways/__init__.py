"""Rules of gateways: traffic of API and AI gateways, their targets, and what stands out."""
