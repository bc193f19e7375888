"""The memory: every statement on our own database lives here, in functions that take a transaction first."""
