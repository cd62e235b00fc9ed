"""The `backproof` command: the client for people, with tables on stdout, progress and errors on stderr."""
