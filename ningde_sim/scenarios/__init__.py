"""What a year looks like: plant, calendar, works, launches, supply, each number with its doubt."""
