"""How much data a network saves that commutes with the mirror of the body."""
