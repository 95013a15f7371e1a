"""What pages share: ratings, figures, measures, moments and sound, and rows as dataclasses."""
