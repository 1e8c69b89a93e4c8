"""What the shop costs and carries, measured on the stack that `make run` starts."""
