"""A realistic company to try the product on: a wholesaler, always the same for the same chance and day."""
