"""What is trained together: networks, phases and the pictures they exchange."""
