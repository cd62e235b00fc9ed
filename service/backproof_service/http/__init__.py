"""What every route shares: reading bodies, writing answers, problems, limits."""
