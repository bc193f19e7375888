"""The rules of prices and orders: pure functions of what they are handed, standard library only."""
