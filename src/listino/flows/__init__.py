"""What happens: one file per event of the business. Fetch first, let the core decide, write it down."""
