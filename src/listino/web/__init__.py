"""The doors: text in, question out; answer in, text out. Nothing is decided here."""
