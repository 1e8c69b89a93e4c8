"""The catalog with which an empty shop begins."""
