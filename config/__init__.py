"""How the shop is put together and started. Nothing imports this package."""
