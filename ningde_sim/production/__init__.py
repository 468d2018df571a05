"""How a year runs: which hours each shop has, where the bodies go, what came of it."""
