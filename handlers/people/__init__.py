"""What Slack tells about people: who joined, changed or left."""
