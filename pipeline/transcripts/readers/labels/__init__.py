"""Labels: which words of a file name who speaks."""
