"""The REST doors under /v1."""
