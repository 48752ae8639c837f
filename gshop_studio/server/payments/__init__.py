"""Taking money: the port that checkout speaks through, its providers, their notices, and what people pay with."""
