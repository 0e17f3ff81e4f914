"""The rules of the product: pure values and functions, without I/O, clock or Slack."""
