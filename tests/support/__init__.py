"""What the black-box tests stand on: the real binary, its API, its database."""
