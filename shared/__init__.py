"""What the three services have in common. Nothing in here knows a programme, a place or a language's text."""
