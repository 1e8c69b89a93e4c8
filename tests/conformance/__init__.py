"""The API judged by schemathesis: `make conformance`."""
