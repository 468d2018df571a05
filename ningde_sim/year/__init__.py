"""A year of a plant: its scenario, its open hours, its run."""
