"""`python -m backproof` is the `backproof` command."""

from backproof.command import main

main()
