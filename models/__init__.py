"""How a rubric element gets its colour: rubrics, scores by people, features, classifiers, labels."""
