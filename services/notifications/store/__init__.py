"""All SQL of the service. The number of statements never grows with the number of events or messages."""
