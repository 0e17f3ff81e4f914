"""What people do in Slack about tickets: their life from report to resolution, and finding them."""
