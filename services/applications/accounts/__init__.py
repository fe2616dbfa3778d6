"""Who people are: accounts, signing in by a code or a link sent by mail, sessions, and the identity that other services trust."""
