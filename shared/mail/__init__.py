"""E-mail: sending it to a mail server, and a mail server for demonstrations and tests that delivers to nobody."""
