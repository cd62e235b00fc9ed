"""The algebra of the vectorised form: terms, and the functions that read them."""
