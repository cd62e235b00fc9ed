"""The wire: pydantic models of every request and answer, separate from the core's values (see convert.py)."""
