"""What a page says at one look: cards with a figure and how it stands."""
