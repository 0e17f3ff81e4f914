"""ServiceNow: incidents by the Table API, with work notes and comments apart."""
