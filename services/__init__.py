"""The three services, and the launcher that is the only module to know all of them."""
