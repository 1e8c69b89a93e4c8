"""What `make run` starts and supervises: embedded servers and the shop's processes."""
