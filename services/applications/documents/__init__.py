"""Files that people attach: received, looked through, kept, given out. Light to import: a child process reads files from here."""
