"""How a plant runs: one set of rules, a readable engine, a fast one."""
