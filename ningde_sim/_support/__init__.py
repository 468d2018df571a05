"""What all other folders use and what knows no plant: checks, units, tables, workers, files."""
