"""Services of gateways: requests are added up, and people see what stands out."""
