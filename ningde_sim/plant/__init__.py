"""What a plant is: frozen descriptions, checked once."""
