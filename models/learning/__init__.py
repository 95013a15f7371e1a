"""How an element is learnt, judged and let through."""
