"""How well what is said of conversations agrees with people who scored them."""
