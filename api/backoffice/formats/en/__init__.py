"""The one language of the back office."""
