"""The bot: settings, views, services, workers, transport, and the application that connects them."""
