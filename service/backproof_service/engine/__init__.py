"""What runs the jobs: a dispatcher beside the HTTP server and workers in processes of their own."""
