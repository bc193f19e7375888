"""The contract as an OpenAPI 3.1 document, made from the messages and facts that the doors take and give."""
