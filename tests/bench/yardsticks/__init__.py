"""What the shop is compared with, measured beside it: bare SQL, no-op chains, durable workflows."""
