"""One script per road; `make bench` runs them and prints ratios."""
