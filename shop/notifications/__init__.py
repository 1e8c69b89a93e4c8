"""What customers are told, in the app and by mail (specification 7)."""
