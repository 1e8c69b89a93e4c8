"""The gateway: what clients reach over HTTP."""
