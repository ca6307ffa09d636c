"""Work shared out over many machines, and folders that lie in object stores."""
