"""The API's description as it is promised: `docs/openapi.json`, and what may change in it."""
