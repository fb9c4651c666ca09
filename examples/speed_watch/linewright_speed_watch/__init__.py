"""A Linewright station in a package of its own."""
