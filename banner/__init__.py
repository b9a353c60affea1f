"""What the visitor sees and answers: the notice, the choice, the signed value that carries it."""
