"""The catalogue with which an empty shop begins."""
