"""Listino: prices for every customer, and orders into the management system."""

__version__ = "0.1.0"
