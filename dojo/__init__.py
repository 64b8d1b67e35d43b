"""What makes practising pleasant: the pytest plugin."""
