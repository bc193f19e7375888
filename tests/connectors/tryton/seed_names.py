"""What the tests know of the company in Tryton by name."""

DATABASE = "shop"
PASSWORD = "listino-secret-1"
ADMIN_PASSWORD = "admin-secret-1"
PRODUCTS = 80
PARTIES = 24
