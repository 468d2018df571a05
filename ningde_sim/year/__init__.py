"""What a year of a plant is, how it runs, what came of it."""
