"""One self-contained HTML page that shows what a translator does and how sure we are of it."""
