"""The outside: one file per system, none of which knows another; `http` is the one way to the network."""
