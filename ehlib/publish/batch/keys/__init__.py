"""What a page was made from, so that it is made anew when that changed, and only then."""
