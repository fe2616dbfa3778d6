"""What a person may ask of us about their own data: a copy of it, and its end; and what ends by itself with time."""
