"""The parts of the conformance kit: cases, what they expect, the service that they are played against, drivers."""
