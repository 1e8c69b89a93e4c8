"""What can be measured, by name."""

# Beside buying; see operations.py.
OPERATIONS = ("registrations", "receipts", "cart_changes", "job_polls", "searches")
PARTS = ("checkouts", "yardsticks", *OPERATIONS, "contention")
# How checkouts come: as fast as they are answered, one after the other, or at a part of the rate at
# which the shop finishes them; and a round that is counted and not timed.
MODES = ("saturated", "alone", "quarter", "half", "counts")
# Checkouts that come so many times as fast as the shop finishes them; only when asked for.
PRESSURES = {"overload": 3.0, "steady": 0.5}
# The same shop, larger and larger; only when asked for.
GROWTH = "growth"
