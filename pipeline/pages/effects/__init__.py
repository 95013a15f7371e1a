"""What coaching came to: campaigns, goals of single people, and quality beside opportunities."""
