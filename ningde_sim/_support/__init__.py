"""What every folder stands on and that knows no plant: checks, units, tables, workers, files."""
