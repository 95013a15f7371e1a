"""What people say: rubrics, scores, and how far raters agree."""
