"""What the service remembers: a table of jobs, a table of data sets, and files of numbers."""
