"""What people do in Slack about pulse surveys: questions, waves, answers and results."""
