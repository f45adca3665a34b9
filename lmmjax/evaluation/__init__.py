"""How good a model is, on motion it has never seen."""
