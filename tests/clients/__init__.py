"""Real SOAP clients, each in its own language, that ask our server."""
