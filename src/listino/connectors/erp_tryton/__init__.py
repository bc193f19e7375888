"""Tryton over its JSON-RPC: prices come from it, orders go to it."""

from listino.connectors.erp_tryton.erp import connect as connect
