"""What every service shares: money, ids, text, errors."""
